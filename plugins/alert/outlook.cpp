#include <algorithm>

#include "plugins/alert/alert.h"
#include "plugins/rules/account.h"

// What `mlmon why` says of an alert: what the next change waits for, and whether anybody is told.

namespace mlmon::alert {

std::string Alert::outlook(mlmon_model model, std::size_t r, Fields& members) {
  const rules::Rule& rule = rules()[r];
  const rules::Standing& standing = this->standing(model, r);
  members.text("severity", wordings_[r].severity);
  std::string text = standing.holds ? "resolved " + rules::stop_text(rule, standing)
                                    : "firing " + rules::start_text(rule, standing);
  if (!standing.holds && rule.metric.is_p_value() && judging().min_magnitude > 0) {
    text += ", of a magnitude of at least " + format_number(judging().min_magnitude);
  }
  if (judging().min_samples > 0) {
    text += ", of at least " + std::to_string(judging().min_samples) + " samples";
  }
  if (standing.changed_ns != rules::kNever) text += ", not older than " + format_time(standing.changed_ns);
  return text + how_told(model, r);
}

/// What holds the telling back, or repeats it.
std::string Alert::how_told(mlmon_model model, std::size_t r) {
  const rules::Standing& standing = this->standing(model, r);
  if (standing.watched) {
    const std::vector<std::int64_t>& changes = told(model, r).changes_ns;
    const std::int64_t end_ns =
        changes.empty() ? rules::kNever : rules::ended(changes.back(), telling_.flap_ns);
    return "; it is flapping: nobody is told of a change until an event comes" +
           rules::from_text(end_ns, rules::kNever, "flap");
  }
  std::string text;
  if (standing.holds && !telling_.resolve) text += "; nobody is told of that (resolve = false)";
  if (remembers_) {
    const std::string why = inhibitor(model, r, !standing.holds);
    if (!why.empty()) text += "; nobody is told of that (" + why + ")";
    if (standing.holds && telling_.repeat_ns > 0) {
      text += "; told again at an event for which it still holds" +
              rules::from_text(rules::ended(told(model, r).told_ns, telling_.repeat_ns), rules::kNever,
                               "repeat");
    }
  }
  return text;
}

}  // namespace mlmon::alert
