// Counts the events of each model and says how many there were. Built with state in two forms: version 1
// keeps "n" in decimal digits, version 2 keeps "count" in as many strokes, and can read the former.
#include <mlmon/observer.hpp>
#include <string>

class Keeps final : public mlmon::Observer {
 public:
  explicit Keeps(mlmon::Setup&) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
#if STATE_VERSION == 1
      const auto n = kept(event.model(), "n");
      const std::size_t count = n ? std::stoul(std::string(*n)) + 1 : 1;
      keep(event.model(), "n", std::to_string(count));
#else
      const std::size_t count = kept(event.model(), "count").value_or("").size() + 1;
      keep(event.model(), "count", std::string(count, '|'));
#endif
      act(event, "counted", "events",
          mlmon::Fields().integer("count", static_cast<std::int64_t>(count)));
    }
  }

#if STATE_VERSION == 2
  std::string explain(mlmon_model model) override {
    const std::size_t count = kept(model, "count").value_or("").size();
    const std::string rule = mlmon::Fields()
                                 .text("rule", "events")
                                 .text("limit", "none")
                                 .integer("count", static_cast<std::int64_t>(count))
                                 .text("next", "the next event of " + std::string(this->model(model).name))
                                 .str();
    return mlmon::Fields().json("rules", "[" + rule + "]").str();
  }

  bool migrate(std::uint32_t from_version) override {
    if (from_version != 1) return false;
    each_kept(MLMON_EVERY_MODEL,
              [&](mlmon_model model, std::string_view key, std::string_view value) {
                if (key != "n") return;
                keep(model, "count", std::string(std::stoul(std::string(value)), '|'));
                forget(model, "n");
              });
    return true;
  }
#endif
};

MLMON_PLUGIN(mlmon::observer_class<Keeps>("test.keeps", "1.0.0", "counts").state_version(STATE_VERSION))
