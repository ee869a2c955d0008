// Counts the events with a low F1, by column.
#include <cstdint>
#include <mlmon/observer.hpp>

class ByColumn final : public mlmon::Observer {
 public:
  explicit ByColumn(mlmon::Setup&) {}

  void on_batch(const mlmon::Batch& batch) override {
    const auto f1 = batch.f1();
    std::uint64_t low = 0;
    if (batch.size() == f1.size()) {  // every row is selected
      for (const double value : f1) low += value < 0.5 ? 1 : 0;
    } else {
      for (std::uint32_t i = 0; i < batch.size(); ++i) low += f1[batch.row(i)] < 0.5 ? 1 : 0;
    }
    low_ += low;
  }

 private:
  std::uint64_t low_ = 0;
};

MLMON_PLUGIN(mlmon::observer_class<ByColumn>("org.mlmon.bench.by_column", "1.0.0",
                                             "counts low figures by column"))
