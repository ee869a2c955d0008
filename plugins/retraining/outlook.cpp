#include <algorithm>

#include "plugins/retraining/retraining.h"
#include "plugins/rules/account.h"

// What `mlmon why` says of retraining: what a request waits for, in the order of reason_against().

namespace mlmon::retraining {
namespace {

using rules::from_text;

void add_time(Fields& members, const char* name, std::int64_t ns) {
  if (ns == rules::kNever) {
    members.json(name, "null");
  } else {
    members.text(name, format_time(ns));
  }
}

}  // namespace

std::string Retraining::outlook(mlmon_model model, std::size_t r, Fields& members) {
  const rules::Rule& rule = rules()[r];
  const rules::Standing& standing = this->standing(model, r);
  const std::int64_t now_ns = policy_.needs_now() ? now(model) : rules::kNever;
  const Job job = this->job(model);

  std::string text = "a request " + rules::start_text(rule, standing);
  if (rule.metric.is_p_value() && judging().min_magnitude > 0) {
    text += ", of a magnitude of at least " + format_number(judging().min_magnitude);
  }
  if (judging().min_samples > 0) {
    text += ", of at least " + std::to_string(judging().min_samples) + " samples";
  }
  if (standing.changed_ns != rules::kNever) text += ", not older than " + format_time(standing.changed_ns);
  if (const std::string missing = missing_rules(model, r); !missing.empty()) text += ", once " + missing;

  std::int64_t from_ns = rules::kNever;
  std::string waits;
  const auto wait_until = [&](std::int64_t end_ns, const std::string& why) {
    const std::string more = from_text(end_ns, now_ns, why);
    if (more.empty()) return;
    from_ns = std::max(from_ns, end_ns);
    waits += "," + more;
  };
  wait_until(grace_end(model), "grace");
  std::string after;
  if (job.state == Job::State::open) {
    const std::int64_t end_ns =
        policy_.job_timeout_ns > 0 ? rules::ended(job.asked_ns, policy_.job_timeout_ns) : rules::kEndOfTime;
    if (now_ns < end_ns) {
      after = open_job(model);
      waits += ", once job " + after + " has ended";
      if (policy_.job_timeout_ns > 0) waits += " or" + from_text(end_ns, now_ns, "job_timeout");
    }
  }
  if (policy_.cooldown_ns > 0) wait_until(rules::ended(job.asked_ns, policy_.cooldown_ns), "cooldown");
  if (const auto free_ns = budget().spent_until(now_ns)) wait_until(*free_ns, "budget");
  add_time(members, "from", from_ns);
  if (after.empty()) {
    members.json("after_job", "null");
  } else {
    members.text("after_job", after);
  }
  return text + waits;
}

/// What `require` wants of the other rules and they do not do: "f1 holds (require = …)".
std::string Retraining::missing_rules(mlmon_model model, std::size_t rule) const {
  const bool all = policy_.require == Policy::Require::all;
  if (policy_.require == Policy::Require::any || is_confirmed(model, rules()[rule])) return "";
  std::vector<std::string> missing;
  for (std::size_t r = 0; r < rules().size(); ++r) {
    if (r == rule || !applies(model, r) || standing(model, r).holds) continue;
    if (all || !rules()[r].metric.is_drift()) missing.push_back(rules()[r].name);
  }
  if (missing.empty()) return all ? "" : "a metric rule holds, of which there is none (require = \"confirmed\")";
  std::string text = missing.front();
  for (std::size_t i = 1; i < missing.size(); ++i) text += (all ? " and " : " or ") + missing[i];
  text += all && missing.size() > 1 ? " hold" : " holds";
  return text + (all ? " (require = \"all\")" : " (require = \"confirmed\")");
}

std::vector<std::string> Retraining::notes(mlmon_model model) {
  const Job job = this->job(model);
  if (job.asked_ns == rules::kNever && job.state != Job::State::open) return {"nothing was requested yet"};
  std::string text = "the last request was ";
  text += job.asked_ns == rules::kNever ? "in an older version" : "at " + format_time(job.asked_ns);
  if (job.state != Job::State::open) return {text + ", and its job has ended"};
  return {text + ": job " + open_job(model) + " is open"};
}

}  // namespace mlmon::retraining
