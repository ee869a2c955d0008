// Says why in a way that cannot be used: its configuration says in which.
#include <mlmon/observer.hpp>
#include <cstdlib>
#include <stdexcept>
#include <string>

class ExplainsBadly final : public mlmon::Observer {
 public:
  explicit ExplainsBadly(mlmon::Setup& setup) : how_(setup.config().text("how")) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) keep(event.model(), "seen", "1");
  }

  std::string explain(mlmon_model model) override {
    if (how_ == "throw") throw std::runtime_error("nothing comes to mind");
    if (how_ == "die") std::abort();
    if (how_ == "keep") keep(model, "seen", "2");
    if (how_ == "act") act(mlmon::Cause(mlmon::Tick{0}, model), "alert", "rule", mlmon::Fields());
    if (how_ == "array") return "[]";
    if (how_ == "odd") return R"({"rules":[1,{"rule":2,"holds":"?","held":[]}],"notes":{}})";
    return how_ == "nothing" ? "" : "because";
  }

 private:
  std::string how_;
};

MLMON_PLUGIN(mlmon::observer_class<ExplainsBadly>(
    "test.explains_badly", "1.0.0", "says why in odd ways", R"({
      "type": "object", "additionalProperties": false,
      "properties": {"how": {"type": "string", "default": "text"}}
    })"))
