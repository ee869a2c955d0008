// An observer: an error budget for each model. Of the events of a window (`window`, event time) a share
// `target` has to be good, that is, to have the metric at or above the objective (`min`); the others
// spend the budget, 1 - target of all. Alerts when it is spent, and again when it is not any more.
//
// The window moves in steps of a 24th of it, so that what is kept of a model is 24 pairs of counts. `burn`
// is how fast the budget went in the newest two steps: at 1 it lasts for just one window.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <mlmon/observer.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::int64_t kSteps = 24;
constexpr std::int64_t kBurnSteps = 2;
constexpr double kAll = 1 - 1e-9;  // of the budget: 1 - 0.95 is not quite 0.05

struct Count {
  std::int64_t events = 0, bad = 0;
};

/// Nanoseconds of a step.
std::int64_t step_ns(const mlmon::Json& json) {
  const std::int64_t ns = json.duration_ns();
  if (ns == 0) throw mlmon::config_error(json.path() + ": expected more than nothing");
  return ns / kSteps;
}

/// The counts of the newest 24 steps. Step n is that of the times from n * length on.
class Window {
 public:
  /// False: the step is older than the window.
  bool add(std::int64_t step, bool bad) {
    if (step <= newest_ - kSteps) return false;
    for (; newest_ < step; ++newest_) {
      if (step - newest_ > kSteps) newest_ = step - kSteps;
      at(newest_ + 1) = Count();
    }
    ++at(step).events;
    at(step).bad += bad ? 1 : 0;
    return true;
  }

  Count sum(std::int64_t steps) const {
    Count all;
    for (std::int64_t step = newest_ - steps + 1; step <= newest_; ++step) {
      const Count& count = counts_[index(step)];
      all.events += count.events;
      all.bad += count.bad;
    }
    return all;
  }

  /// "NEWEST EVENTS BAD EVENTS BAD …" and back.
  std::string text() const {
    std::string out = std::to_string(newest_);
    for (const Count& count : counts_) {
      out += ' ' + std::to_string(count.events) + ' ' + std::to_string(count.bad);
    }
    return out;
  }

  static Window read(std::string_view text) {
    Window window;
    const char* at = text.data();
    const char* end = at + text.size();
    const auto next = [&](std::int64_t& into) {
      if (at < end && *at == ' ') ++at;
      at = std::from_chars(at, end, into).ptr;
    };
    next(window.newest_);
    for (Count& count : window.counts_) {
      next(count.events);
      next(count.bad);
    }
    return window;
  }

 private:
  static std::size_t index(std::int64_t step) {
    return static_cast<std::size_t>((step % kSteps + kSteps) % kSteps);
  }
  Count& at(std::int64_t step) { return counts_[index(step)]; }

  std::int64_t newest_ = INT64_MIN / 2;
  std::array<Count, kSteps> counts_;
};

class Budget final : public mlmon::Observer {
 public:
  explicit Budget(mlmon::Setup& setup)
      : metric_(setup.config().text("metric")),
        min_(setup.config().number("min")),
        allowed_(1 - setup.config().number("target")),
        min_events_(setup.config().integer("min_events")),
        step_ns_(step_ns(setup.config().at("window"))),
        value_(setup.number_field(pointer())) {}

  void on_batch(const mlmon::Batch& batch) override {
    touched_.clear();
    for (const mlmon::Event& event : batch) {
      const double value = value_(event);
      if (!std::isnan(value)) observe(event, value);
    }
    for (const mlmon_model model : touched_) {
      keep(model, "window", state(model).window.text());
      state(model).touched = false;
    }
  }

  std::string explain(mlmon_model model) override {
    const State& state = this->state(model);
    const Count all = state.window.sum(kSteps);
    mlmon::Fields rule;
    rule.text("rule", "budget").text("limit", metric_ + " of at least " + mlmon::format_number(min_) + " in " +
                                                  mlmon::format_fixed(100 * (1 - allowed_), 1) + " % of events");
    rule.text("window", std::to_string(all.bad) + " of " + std::to_string(all.events) + " events are bad");
    rule.flag("holds", state.spent).integer("events", all.events).integer("bad", all.bad);
    return mlmon::Fields().json("rules", "[" + rule.text("next", next(state, all)).str() + "]").str();
  }

 private:
  struct State {
    Window window;
    bool known = false, spent = false, touched = false;
  };

  /// Of the four figures that all events know, and of a name in `metrics`.
  std::string pointer() const {
    for (const char* figure : {"accuracy", "precision", "recall", "f1"}) {
      if (metric_ == figure) return "/" + metric_;
    }
    return "/metrics/" + metric_;
  }

  State& state(mlmon_model model) {
    if (model >= states_.size()) states_.resize(model + 1);
    State& state = states_[model];
    if (!state.known) {
      state.known = true;
      if (const auto text = kept(model, "window")) state.window = Window::read(*text);
      state.spent = kept(model, "spent").has_value();
    }
    return state;
  }

  void observe(const mlmon::Event& event, double value) {
    const std::int64_t step =
        event.time_ns() / step_ns_ - (event.time_ns() % step_ns_ < 0 ? 1 : 0);
    State& state = this->state(event.model());
    if (!state.window.add(step, value < min_)) return;
    if (!state.touched) touched_.push_back(event.model());
    state.touched = true;

    const Count all = state.window.sum(kSteps);
    if (all.events < min_events_) return;
    const bool spent = share(all) >= kAll;
    if (spent == state.spent) return;
    state.spent = spent;
    if (spent) {
      keep(event.model(), "spent", "1");
    } else {
      forget(event.model(), "spent");
    }
    tell(event, all, share(state.window.sum(kBurnSteps)));
  }

  /// Of the budget of so many events: 1 is all of it.
  double share(const Count& count) const {
    return static_cast<double>(count.bad) / (allowed_ * static_cast<double>(count.events));
  }

  /// Each event that comes makes the budget larger, too.
  std::string next(const State& state, const Count& all) const {
    constexpr std::int64_t kMost = 1'000'000;  // with a target of 0 one good event is enough for ever
    Count then = all;
    std::int64_t count = 0;
    do {
      ++then.events;
      then.bad += state.spent ? 0 : 1;
      ++count;
      if (count == kMost) return "nothing within a million events";
    } while (then.events < min_events_ || (share(then) >= kAll) == state.spent);
    return (state.spent ? "resolved after " : "firing after ") + std::to_string(count) +
           (state.spent ? " good" : " bad") + (count == 1 ? " event" : " events in a row") +
           " within the window, or as old ones leave it";
  }

  void tell(const mlmon::Event& event, const Count& all, double burn) {
    const double spent = share(all);
    const std::string percent = mlmon::format_fixed(100 * spent, 0) + " % of the error budget spent";
    mlmon::Fields fields;
    fields.text("reason", percent).text("metric", metric_).number("threshold", min_);
    fields.integer("events", all.events).integer("bad", all.bad);
    fields.number("spent", spent).number("burn", burn);
    act(event, "alert", "budget", spent >= kAll ? "firing" : "resolved", fields);
  }

  std::string metric_;
  double min_, allowed_;
  std::int64_t min_events_, step_ns_;
  mlmon::NumberField value_;
  std::vector<State> states_;          // by model
  std::vector<mlmon_model> touched_;  // in this batch
};

constexpr const char* kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "metric": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$", "default": "f1",
               "description": "accuracy, precision, recall, f1, or a name in `metrics`"},
    "min": {"type": "number", "default": 0.8,
            "description": "the objective: an event below it spends"},
    "target": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.95,
               "description": "the share of events that has to be good"},
    "window": {"type": "string", "format": "duration", "default": "30d",
               "description": "of event time; it moves in steps of a 24th"},
    "min_events": {"type": "integer", "minimum": 1, "default": 20,
                   "description": "with fewer in the window nothing is said"}
  }
})";

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<Budget>("org.mlmon.budget", "1.0.0",
                                           "alerts when the error budget of a model is spent", kSchema)
                 .subscribes("metrics")
                 .state_version(1))
