#include "plugins/alert/message.h"

#include <cmath>

namespace mlmon::alert {
namespace {

std::string figure_lines(const rules::Finding& finding) {
  const Event& event = finding.event;
  if (!finding.rule.metric.drift) {
    return (finding.breach ? "F1 dropped to " : "F1 is ") + format_fixed(event.f1(), 2) + "\n";
  }
  std::string lines;
  if (!std::isnan(event.magnitude())) {
    lines = "Drift magnitude: " + format_fixed(event.magnitude(), 3) + "\n";
  }
  return lines + "P-value: " + format_fixed(event.p_value(), 4) + "\n";
}

}  // namespace

Message describe(const rules::Finding& finding, const Model& model) {
  const bool drift = finding.rule.metric.drift;
  const std::string name(model.name);
  const char* icon = !finding.breach ? "✅ Resolved:" : drift ? "⚠️" : "❗";
  return {std::string(icon) + (drift ? " Drift detected for " : " Low F1 score for ") + name,
          "Model " + name + " v" + std::string(model.version) + "\n" + figure_lines(finding) +
              (drift ? "Detected at " : "Captured at ") + format_time(finding.event.time_ns())};
}

}  // namespace mlmon::alert
