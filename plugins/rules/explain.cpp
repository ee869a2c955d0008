#include <cmath>

#include "plugins/rules/account.h"
#include "plugins/rules/rule_observer.h"

// What a RuleObserver says to the person who asks `mlmon why`.

namespace mlmon::rules {
namespace {

std::string time_or_null(std::optional<std::int64_t> ns) {
  if (!ns || *ns == kNever) return "null";
  std::string out;
  append_quoted(out, format_time(*ns));
  return out;
}

/// What programs want to know of a limit.
void add_limit(const Rule& rule, const Standing& standing, Fields& fields) {
  fields.text("metric", rule.metric.name()).number(rule.above ? "above" : "below", rule.limit_for(standing));
  if (rule.clear) fields.number("clear", *rule.clear);
  if (!rule.baseline) return;
  Fields baseline;
  baseline.integer("figures", standing.figures).integer("of", rule.baseline->figures);
  if (standing.figures > 0) baseline.number("mean", standing.mean());
  fields.json("baseline", baseline.str());
}

}  // namespace

std::string RuleObserver::explain(mlmon_model model) {
  meet(model);
  read_held_back(model);
  std::string all = "[";
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    if (r > 0) all += ',';
    all += explain_rule(model, r);
  }
  std::string said = "[";
  for (const std::string& note : notes(model)) {
    if (said.size() > 1) said += ',';
    append_quoted(said, note);
  }
  return Fields().json("rules", all + "]").json("notes", said + "]").str();
}

std::string RuleObserver::explain_rule(mlmon_model model, std::size_t r) {
  const Rule& rule = rules_[r];
  const Standing& standing = this->standing(model, r);
  Fields fields;
  fields.text("rule", rule.name).flag("applies", applies(model, r));
  if (!applies(model, r)) {
    fields.text("next", "nothing: its `models` leave this one out");
    return fields.str();
  }
  fields.text("limit", limit_text(rule, standing)).text("window", window_text(rule, standing));
  add_limit(rule, standing, fields);
  fields.flag("holds", standing.holds).json("since", time_or_null(standing.changed_ns));
  const HeldBack::Reason held = held_back_.newest(model, r);
  if (held.why.empty()) {
    fields.json("held", "null");
  } else {
    Fields reason;
    reason.text("why", held.why).json("since", time_or_null(held.since_ns));
    fields.json("held", reason.json("until", time_or_null(held.until_ns)).str());
  }
  Fields members;
  const std::string next = outlook(model, r, members);
  return fields.text("next", next).members(members).str();
}

}  // namespace mlmon::rules
