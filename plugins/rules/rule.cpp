#include "plugins/rules/rule.h"

namespace mlmon::rules {

double Rule::limit_from(const Standing& standing) const {
  if (standing.figures < baseline->figures) return std::numeric_limits<double>::quiet_NaN();
  const double mean = standing.mean();
  const double change = baseline->relative ? std::abs(mean) * baseline->change : baseline->change;
  return above ? mean + change : mean - change;
}

}  // namespace mlmon::rules
