// Nothing is wrong with it, and it uses all that the host has to offer.
#include <chrono>
#include <mlmon/observer.hpp>
#include <string>

namespace {

class AsksForAll final : public mlmon::Observer {
 public:
  explicit AsksForAll(mlmon::Setup& setup)
      : auc_(setup.number_field("/metrics/auc")),
        note_(setup.text_field("/note", "deploy")),
        events_(setup.counter("events", "that it saw")),
        rollback_(setup.subscribe("rollback")) {
    setup.tick_every(std::chrono::hours(1));
  }

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      events_.add();
      keep(event.model(), "last", std::to_string(event.time_ns()));
      if (event.kind() == rollback_) act(event, "alert", "rollback", mlmon::Fields());
      if (auc_(event) < 0.1) {
        mlmon::Fields fields;
        fields.number("value", auc_(event));
        emit(event, "low_auc", fields);
      }
      if (const auto note = note_(event)) {
        mlmon::Fields fields;
        fields.text("note", *note);
        suppress(event, "alert", "deploy", "quiet", fields);
      }
    }
  }

  void on_tick(const mlmon::Tick& tick) override {
    each_kept(MLMON_EVERY_MODEL, [&](mlmon_model model, std::string_view, std::string_view last) {
      if (model == 0 || std::stoll(std::string(last)) > tick.time_ns - kHour_ns) return;
      mlmon::Fields fields;
      fields.text("name", this->model(model).name);
      act({tick, model}, "alert", "silent", fields);
    });
  }

  bool migrate(std::uint32_t) override {
    each_kept(MLMON_EVERY_MODEL, [&](mlmon_model model, std::string_view key, std::string_view) {
      forget(model, std::string(key));
    });
    return true;
  }

 private:
  static constexpr std::int64_t kHour_ns = 3'600'000'000'000;

  mlmon::NumberField auc_;
  mlmon::TextField note_;
  mlmon::Counter events_;
  std::uint32_t rollback_;
};

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<AsksForAll>("test.asks_for_all", "1.0.0", "one line")
                 .subscribes("metrics drift job deploy")
                 .emits("low_auc")
                 .state_version(2))
