// Counts the events with a low F1, by event.
#include <cstdint>
#include <mlmon/observer.hpp>

class ByEvent final : public mlmon::Observer {
 public:
  explicit ByEvent(mlmon::Setup&) {}

  void on_batch(const mlmon::Batch& batch) override {
    std::uint64_t low = 0;
    for (const mlmon::Event& event : batch) {
      if (event.f1() < 0.5) ++low;
    }
    low_ += low;
  }

 private:
  std::uint64_t low_ = 0;
};

MLMON_PLUGIN(mlmon::observer_class<ByEvent>("org.mlmon.bench.by_event", "1.0.0",
                                            "counts low figures by event"))
