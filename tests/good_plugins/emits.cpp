// Emits `low` for every event with an f1 below 0.5, twice below 0.25, and asks for a retraining below 0.1.
#include <mlmon/observer.hpp>

class Emits final : public mlmon::Observer {
 public:
  explicit Emits(mlmon::Setup& setup) : breaks_at_(setup.config().number("breaks_at")) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      if (event.f1() == breaks_at_) throw std::runtime_error("it broke");
      if (event.f1() < 0.5) emit(event, "low", mlmon::Fields().number("was", event.f1()));
      if (event.f1() < 0.25) emit(event, "low", mlmon::Fields().flag("again", true));
      if (event.f1() < 0.1) act(event, "retrain", "very_low", {});
    }
  }

 private:
  double breaks_at_;
};

MLMON_PLUGIN(mlmon::observer_class<Emits>("test.emits", "1.0.0", "emits events", R"({
  "type": "object", "additionalProperties": false,
  "properties": {"breaks_at": {"type": "number", "default": -1}}
})")
                 .emits("low retrain"))
