// Alerts at a tick about every model that had no event since the tick before, once, until it is back. What
// it knows it keeps, so that it goes on over restarts; models are walked over by handle, newest first, which
// must not show.
#include <algorithm>
#include <chrono>
#include <mlmon/observer.hpp>
#include <string>
#include <vector>

class Ticks final : public mlmon::Observer {
 public:
  explicit Ticks(mlmon::Setup& setup)
      : period_ns_(setup.config().integer("period_s") * 1'000'000'000),
        fails_at_(setup.config().integer("fails_at")),
        ticks_(setup.counter("ticks", "of event time")) {
    setup.tick_every(std::chrono::nanoseconds(period_ns_));
  }

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      keep(event.model(), "last", std::to_string(event.time_ns()));
      forget(event.model(), "silent");
    }
  }

  void on_tick(const mlmon::Tick& tick) override {
    ticks_.add();
    if (tick.time_ns / 1'000'000'000 == fails_at_) throw std::runtime_error("this tick is too much");
    std::vector<mlmon_model> silent;
    each_kept(MLMON_EVERY_MODEL,
              [&](mlmon_model model, std::string_view key, std::string_view value) {
                const std::int64_t last = key == "last" ? std::stoll(std::string(value)) : tick.time_ns;
                if (last < tick.time_ns - period_ns_ && !kept(model, "silent")) silent.push_back(model);
              });
    std::sort(silent.rbegin(), silent.rend());
    for (const mlmon_model model : silent) {
      keep(model, "silent", "yes");
      act({tick, model}, "alert", "silent", "firing", {});
    }
    if (silent.empty()) return;
    emit({tick, silent.front()}, "org.example.silence",
         mlmon::Fields().integer("models", static_cast<std::int64_t>(silent.size())));
  }

 private:
  std::int64_t period_ns_, fails_at_;
  mlmon::Counter ticks_;
};

MLMON_PLUGIN(mlmon::observer_class<Ticks>("test.ticks", "1.0.0", "tells who is silent", R"({
  "type": "object", "additionalProperties": false,
  "properties": {"period_s": {"type": "integer", "default": 60},
                 "fails_at": {"type": "integer", "default": -1}}
})")
                 .emits("org.example.silence"))
