#include "plugins/alert/message.h"

#include <cmath>

namespace mlmon::alert {
namespace {

std::string title(const rules::Finding& finding, const Wording& wording) {
  switch (wording.text) {
    case Wording::Text::low_f1:
      return "Low F1 score";
    case Wording::Text::drift:
      return "Drift detected";
    case Wording::Text::own:
      break;
  }
  return finding.rule.name;
}

std::string figure_lines(const rules::Finding& finding, const Wording& wording) {
  const Event& event = finding.event;
  if (wording.text == Wording::Text::low_f1) {
    return (finding.holds ? "F1 dropped to " : "F1 is ") + format_fixed(event.f1(), 2) + "\n";
  }
  if (wording.text == Wording::Text::own) {
    return finding.rule.metric.name() + " is " + format_number(finding.figure) + " (limit " +
           format_number(finding.limit) + ")\n";
  }
  std::string lines;
  if (!std::isnan(event.magnitude())) {
    lines = "Drift magnitude: " + format_fixed(event.magnitude(), 3) + "\n";
  }
  return lines + "P-value: " + format_fixed(finding.figure, 4) + "\n";
}

}  // namespace

const char* icon_of(const std::string& severity) {
  if (severity == "critical") return "❗";
  return severity == "info" ? "ℹ️" : "⚠️";
}

Message describe(const rules::Finding& finding, const Wording& wording, std::string_view state,
                 const Model& model) {
  const std::string name(model.name);
  std::string icon = state == "resolved" ? "✅ Resolved:" : icon_of(wording.severity);
  if (state == "flapping") icon += " Flapping:";
  const bool drift = finding.event.kind() == MLMON_KIND_DRIFT;
  return {icon + " " + title(finding, wording) + " for " + name,
          "Model " + name + " v" + std::string(model.version) + "\n" +
              figure_lines(finding, wording) + (drift ? "Detected at " : "Captured at ") +
              format_time(finding.event.time_ns())};
}

}  // namespace mlmon::alert
