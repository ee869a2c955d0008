// Asks the host for what it refuses, as "how" says: in its constructor, or at its first event.
#include <chrono>
#include <mlmon/observer.hpp>
#include <string>

namespace {

class AsksBadly final : public mlmon::Observer {
 public:
  explicit AsksBadly(mlmon::Setup& setup) : how_(setup.config().text("how")), host_(setup.host()) {
    const mlmon_observer_services& services = *setup.host().services;
    if (how_ == "pointer") setup.number_field("metrics/auc");
    if (how_ == "pointer_escape") setup.number_field("/a~2");
    if (how_ == "event_type") setup.number_field("/a", "two words");
    if (how_ == "subscribe") setup.subscribe("two words");
    if (how_ == "counter") setup.counter("Late-Events", "that came late");
    if (how_ == "ticks") setup.tick_every(std::chrono::nanoseconds(-1));
    std::uint32_t column = 0;
    if (how_ == "column") {
      const mlmon_projection wanted = {sizeof wanted, 99, mlmon::to_str("/a"), {}};
      check(services.project(setup.host().handle, &wanted, &column));
    }
    if (how_ == "projection_size") {
      const mlmon_projection wanted = {0, MLMON_COLUMN_NUMBER, mlmon::to_str("/a"), {}};
      check(services.project(setup.host().handle, &wanted, &column));
    }
    for (int i = 0; how_ == "counters" && i < 100; ++i) setup.counter("c" + std::to_string(i), "one of many");
  }

  void on_batch(const mlmon::Batch& batch) override {
    const mlmon::Event event = batch[0];
    const mlmon_observer_services& services = *host_.services;
    if (how_ == "action_size") {
      mlmon_action action = {};
      action.model = event.model();
      check(services.act(host_.handle, &action));
    }
    if (how_ == "emit") emit(event, "undeclared");
    if (how_ == "emit_fields") emit(event, "declared", mlmon::Fields().text("at", "now"));
    if (how_ == "no_key") keep(0, "", "x");
    if (how_ == "host_key") keep(0, "mlmon:class", "x");
    if (how_ == "no_model") keep(4711, "n", "x");
    if (how_ == "long_key") keep(0, std::string(1025, 'k'), "x");
    if (how_ == "long_value") keep(0, "n", std::string(1024 * 1024 + 1, 'v'));
    if (how_ == "long_fields") {
      act(event, "alert", "low", mlmon::Fields().text("x", std::string(256 * 1024, 'x')));
    }
    if (how_ == "at_the_limit") {
      keep(0, std::string(1024, 'k'), std::string(1024 * 1024, 'v'));
      act(event, "alert", "low", mlmon::Fields().text("x", std::string(256 * 1024 - 8, 'x')));
    }
  }

 private:
  static void check(std::int32_t result) {
    if (result < 0) throw mlmon::host_error(result);
  }

  std::string how_;
  mlmon::ObserverHost host_;
};

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<AsksBadly>("test.asks_badly", "1.0.0", "one line", R"({
  "type": "object", "additionalProperties": false, "properties": {"how": {"type": "string"}}})")
                 .emits("declared"))
