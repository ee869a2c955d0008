#include "plugins/retraining/budget.h"

#include <algorithm>
#include <utility>

#include "plugins/rules/span.h"
#include "plugins/transport/rate.h"

namespace mlmon::retraining {

BudgetLimit read_budget(const Json& config, rules::Problems& problems) {
  if (!config.has("budget") || config.text("budget").empty()) return {};
  try {
    const auto rate = transport::read_rate(config.at("budget"));
    if (static_cast<std::size_t>(rate->limit) <= BudgetLimit::kMost) {
      return {static_cast<std::size_t>(rate->limit), rate->period_ns};
    }
  } catch (const config_error&) {
    // told below, in this key's own words
  }
  problems.add("budget", "expected at most 10000 requests in a duration, such as \"5/30d\", got \"" +
                             config.text("budget") + "\"");
  return {};
}

std::optional<std::int64_t> Budget::spent_until(std::int64_t now_ns) const {
  if (limit_.requests == 0 || newest_.size() < limit_.requests) return std::nullopt;
  const std::int64_t end_ns = rules::ended(newest_.front().at_ns, limit_.span_ns);
  if (now_ns >= end_ns) return std::nullopt;
  return end_ns;
}

std::optional<Budget::Request> Budget::add(Request request) {
  if (limit_.requests == 0 || has(request.id)) return std::nullopt;
  const auto later = std::find_if(newest_.begin(), newest_.end(), [&](const Request& other) {
    return other.at_ns > request.at_ns;
  });
  newest_.insert(later, std::move(request));
  if (newest_.size() <= limit_.requests) return std::nullopt;
  Request oldest = std::move(newest_.front());
  newest_.erase(newest_.begin());
  return oldest;
}

bool Budget::has(const std::string& id) const {
  return std::any_of(newest_.begin(), newest_.end(),
                     [&](const Request& request) { return request.id == id; });
}

}  // namespace mlmon::retraining
