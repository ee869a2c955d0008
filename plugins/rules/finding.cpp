#include "plugins/rules/finding.h"

namespace mlmon::rules {

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
