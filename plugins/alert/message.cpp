#include "plugins/alert/message.h"

#include <cmath>

namespace mlmon::alert {
namespace {

std::string title(const Change& change, const Wording& wording) {
  switch (wording.text) {
    case Wording::Text::low_f1:
      return "Low F1 score";
    case Wording::Text::drift:
      return "Drift detected";
    case Wording::Text::own:
      break;
  }
  return change.rule.name;
}

std::string drift_lines(const Change& change) {
  std::string lines;
  if (!std::isnan(change.event.magnitude())) {
    lines = "Drift magnitude: " + format_fixed(change.event.magnitude(), 3) + "\n";
  }
  return lines + "P-value: " + format_fixed(change.figure, 4) + "\n";
}

std::string figure_lines(const Change& change, const Wording& wording) {
  if (!change.reason.empty()) return change.reason + "\n";
  if (wording.text == Wording::Text::low_f1) {
    return (change.holds ? "F1 dropped to " : "F1 is ") + format_fixed(change.figure, 2) + "\n";
  }
  if (wording.text == Wording::Text::drift) return drift_lines(change);
  return change.rule.metric.name() + " is " + format_number(change.figure) + " (limit " +
         format_number(change.limit) + ")\n";
}

std::string body(const Change& change, const Wording& wording) {
  const bool drift = change.event.kind() == MLMON_KIND_DRIFT;
  return "Model " + std::string(change.model.name) + " v" + std::string(change.model.version) +
         "\n" + figure_lines(change, wording) + (drift ? "Detected at " : "Captured at ") +
         format_time(change.event.time_ns());
}

templates::Value figure(double value) {
  return std::isnan(value) ? templates::Value() : templates::Value(value);
}

templates::Lookup lookup_in(const Change& change, const Wording& wording) {
  return [&](std::string_view name) -> templates::Value {
    if (name == "rule") return change.rule.name;
    if (name == "state") return std::string(change.state);
    if (name == "severity") return wording.severity;
    if (name == "reason") return change.reason;
    if (name == "model.name") return std::string(change.model.name);
    if (name == "model.version") return std::string(change.model.version);
    if (name == "model.deployed_at") return std::string(change.model.deployed_at);
    if (name == "metric") return change.rule.metric.name();
    if (name == "value") return figure(change.figure);
    if (name == "threshold") return figure(change.limit);
    if (name == "baseline") return figure(change.baseline);
    if (name == "p_value") return figure(change.event.p_value());
    if (name == "magnitude") return figure(change.event.magnitude());
    if (name == "event_time") return format_time(change.event.time_ns());
    if (name == "samples" && change.event.samples() >= 0) return change.event.samples();
    for (const auto& [member, field] : wording.members) {
      if (member != name) continue;
      if (const auto text = field(change.event)) return std::string(*text);
    }
    return {};
  };
}

}  // namespace

const char* icon_of(std::string_view severity) {
  if (severity == "critical") return "❗";
  return severity == "info" ? "ℹ️" : "⚠️";
}

Message describe(const Change& change, const Wording& wording) {
  std::string icon = change.state == "resolved" ? "✅ Resolved:" : icon_of(wording.severity);
  if (change.state == "flapping") icon += " Flapping:";
  const std::string name(change.model.name);
  Message message = {icon + " " + title(change, wording) + " for " + name, body(change, wording)};
  const templates::Lookup lookup = lookup_in(change, wording);
  if (wording.subject) {
    message.subject = wording.subject->expand(lookup);
    if (change.state != "firing") message.subject = icon + " " + message.subject;
  }
  if (wording.body) message.body = wording.body->expand(lookup);
  return message;
}

}  // namespace mlmon::alert
