// An observer: alerts when a figure of an event's `metrics` falls below a limit, and again when it is
// back. mlmon/observer.hpp says what each function may do and when it is called.
#include <cmath>
#include <mlmon/observer.hpp>
#include <string>

namespace {

/// The JSON pointer to a name in `metrics` (RFC 6901: ~0 is ~, ~1 is /).
std::string pointer_to(const std::string& metric) {
  std::string pointer = "/metrics/";
  for (const char c : metric) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

class Low final : public mlmon::Observer {
 public:
  explicit Low(mlmon::Setup& setup)
      : metric_(setup.config().text("metric")),
        below_(setup.config().number("below")),
        value_(setup.number_field(pointer_to(metric_))) {}

  void on_batch(const mlmon::Batch& batch) override {
    for (const mlmon::Event& event : batch) {
      const double value = value_(event);
      if (!std::isnan(value)) observe(event, value);
    }
  }

 private:
  // Whether the model's figure is low is kept, so that it holds over restarts.
  void observe(const mlmon::Event& event, double value) {
    const bool was_low = kept(event.model(), "low").has_value();
    const bool is_low = value < below_;
    if (is_low == was_low) return;
    if (is_low) {
      keep(event.model(), "low", "1");
    } else {
      forget(event.model(), "low");
    }
    mlmon::Fields fields;
    fields.text("metric", metric_).number("value", value).number("threshold", below_);
    act(event, "alert", "low", is_low ? "firing" : "resolved", fields);
  }

  std::string metric_;
  double below_;
  mlmon::NumberField value_;
};

// The keys of its configuration: mlmon checks them, fills in the defaults and shows them to people.
constexpr const char* kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "metric": {"type": "string", "minLength": 1, "default": "auc",
               "description": "a name in an event's `metrics`"},
    "below": {"type": "number", "default": 0.8,
              "description": "alert when the metric is below this"}
  }
})";

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<Low>("org.example.@NAME@", "0.1.0",
                                        "alerts when a metric falls below a limit", kSchema)
                 .subscribes("metrics")
                 .state_version(1))
