#include "plugins/rules/rule.h"

namespace mlmon::rules {

std::string reason(const Finding& finding) {
  return std::string(finding.rule.metric.name) + " " + format_number(finding.figure) +
         " is below " + format_number(finding.rule.below);
}

void add_figures(const Finding& finding, Fields& fields) {
  if (finding.rule.metric.drift) {
    fields.number("p_value", finding.event.p_value());
    fields.number("magnitude", finding.event.magnitude());
  } else {
    fields.text("metric", finding.rule.metric.name).number("value", finding.figure);
  }
  fields.number("threshold", finding.rule.below);
}

}  // namespace mlmon::rules
