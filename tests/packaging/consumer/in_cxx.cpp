// Tells that it saw an event.
#include <mlmon/observer.hpp>

class Seen final : public mlmon::Observer {
 public:
  explicit Seen(mlmon::Setup&) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) act(event, "seen", "in_cxx", mlmon::Fields());
  }
};

MLMON_PLUGIN(mlmon::observer_class<Seen>("org.example.in_cxx", "1.0.0",
                                         "tells that it saw an event"))
