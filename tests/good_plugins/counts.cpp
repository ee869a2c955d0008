// Counts the events of the type "type" (its own or derived), of each model or ("unowned") of all, and says
// at each event which it was: the count is what changed. Reads what it kept in its constructor; with "how"
// it does there what only an event is a reason for.
#include <mlmon/observer.hpp>
#include <string>

class Counts final : public mlmon::Observer {
 public:
  explicit Counts(mlmon::Setup& setup) : unowned_(setup.config().flag("unowned")) {
    setup.subscribe(setup.config().text("type"));
    if (const auto kept_before = kept(0, "n")) begun_at_ = std::stoll(std::string(*kept_before));
    std::int64_t models = 0;
    each_kept(MLMON_EVERY_MODEL, [&](mlmon_model about, std::string_view, std::string_view) {
      if (about != 0 && !model(about).name.empty()) ++models;
    });
    log(MLMON_LOG_INFO, "begins at " + std::to_string(begun_at_) + " with " + std::to_string(models) +
                            " models, explaining " + std::to_string(explaining()));
    const std::string how = setup.config().text("how");
    if (how == "act") act({mlmon::Tick{0}, 1}, "alert", "rule", mlmon::Fields());
    if (how == "emit") emit({mlmon::Tick{0}, 1}, "counted");
    if (how == "suppress") suppress({mlmon::Tick{0}, 1}, "alert", "rule", "why");
    if (how == "keep") keep(0, "n", "1");
    if (how == "forget") forget(0, "n");
  }

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      const mlmon_model owner = unowned_ ? 0 : event.model();
      const auto n = kept(owner, "n");
      const std::string count = std::to_string(n ? std::stoll(std::string(*n)) + 1 : 1);
      keep(owner, "n", count);
      act(event, "counted", "events", count, mlmon::Fields());
    }
  }

 private:
  bool unowned_;
  std::int64_t begun_at_ = 0;
};

MLMON_PLUGIN(mlmon::observer_class<Counts>("test.counts", "1.0.0", "counts", R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "type": {"type": "string", "default": "metrics"},
    "unowned": {"type": "boolean", "default": false},
    "how": {"type": "string", "default": ""}}})")
                 .subscribes("")
                 .emits("counted"))
