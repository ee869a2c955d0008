#include "plugins/rules/finding.h"

namespace mlmon::rules {

std::int64_t deployed_and(const Model& model, std::int64_t length_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000, kMost = kEndOfTime / kSecond;
  const std::int64_t seconds = model.deployed_s + length_ns / kSecond;
  if (seconds >= kMost) return kEndOfTime;
  if (seconds <= -kMost) return kNever;
  return ended(seconds * kSecond + model.deployed_ns, length_ns % kSecond);
}

std::string reason(const Finding& finding) {
  return finding.rule.metric.name() + " " + format_number(finding.figure) +
         (finding.rule.above ? " is above " : " is below ") + format_number(finding.limit);
}

void add_figures(const Finding& finding, Fields& fields) {
  const Metric& metric = finding.rule.metric;
  if (metric.is_drift()) {
    fields.number("p_value", metric.is_p_value() ? finding.figure : finding.event.p_value());
    fields.number("magnitude", finding.event.magnitude());
  } else {
    fields.text("metric", metric.name()).number("value", finding.figure);
  }
  fields.number("threshold", finding.limit);
  if (finding.baseline) fields.number("baseline", *finding.baseline);
}

}  // namespace mlmon::rules
