#include "plugins/retraining/retraining.h"

#include <string>
#include <utility>

#include "plugins/retraining/policy_warnings.h"
#include "plugins/rules/rule_reader.h"
#include "plugins/rules/warnings.h"

namespace mlmon::retraining {

using rules::Finding;

namespace {

constexpr const char* kJob = "job";
constexpr const char* kBudgetSpent = "budget_spent";  // derived event, and key once it was told
constexpr std::string_view kSpent = "spent:";
constexpr const char* kOpenOfVersion0 = "open";  // the id of the open job

}  // namespace

struct Retraining::Configuration {
  explicit Configuration(const Setup& setup) {
    rules::Problems problems;
    rules::RuleReader reader(setup, problems);
    reader.built_in("f1", "f1", "min_f1");
    reader.built_in("drift", "p_value", "max_p_value");
    reader.own();
    policy = read_policy(setup.config(), problems);
    problems.throw_any();
    all_rules = reader.rules();
    rules::warn_of_rules(setup, all_rules);
    warn_of_policy(setup, policy, all_rules);
    judging = reader.judging();
    judging.grace_ns = policy.grace_ns;
    judging.needs_now = policy.needs_now();
  }

  std::vector<rules::Rule> all_rules;
  rules::Judging judging;
  Policy policy;
};

Retraining::Retraining(Setup& setup) : Retraining(setup, Configuration(setup)) {}

Retraining::Retraining(const Setup& setup, Configuration&& configuration)
    : RuleObserver(setup, std::move(configuration.all_rules), configuration.judging),
      policy_(configuration.policy),
      job_id_(setup.text_field("/job", "job")),
      job_status_(setup.text_field("/status", "job")) {}

void Retraining::on_findings(const Event&, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (!finding.breach) continue;
    if (const auto reason = reason_against(finding)) {
      hold_back(finding, "retrain", reason->why, reason->until_ns);
    } else {
      request(finding);
    }
  }
}

/// The first reason counts.
std::optional<Retraining::Reason> Retraining::reason_against(const Finding& finding) {
  const mlmon_model model = finding.event.model();
  const std::int64_t now_ns = policy_.needs_now() ? now(model) : finding.event.time_ns();
  const Job job = this->job(model);
  if (finding.weight == Finding::Weight::late) return Reason{"late", {}};
  if (finding.weight == Finding::Weight::few_samples) return Reason{"min_samples", {}};
  if (now_ns < grace_end(model)) return Reason{"grace", grace_end(model)};
  if (!finding.holds) return Reason{"for", {}};
  if (!is_confirmed(model, finding.rule)) return Reason{"require", {}};
  if (job.state == Job::State::open) {
    if (policy_.job_timeout_ns == 0) return Reason{"job_open", {}};
    const std::int64_t end_ns = rules::ended(job.asked_ns, policy_.job_timeout_ns);
    if (now_ns < end_ns) return Reason{"job_open", end_ns};
  }
  if (policy_.cooldown_ns > 0) {
    const std::int64_t cool_ns = rules::ended(job.asked_ns, policy_.cooldown_ns);
    if (now_ns < cool_ns) return Reason{"cooldown", cool_ns};
  }
  if (policy_.budget.requests > 0) {
    if (const auto free_ns = budget().spent_until(now_ns)) {
      tell_spent(finding, *free_ns);
      return Reason{"budget", free_ns};
    }
  }
  return std::nullopt;
}

/// What `require` wants of the other rules.
bool Retraining::is_confirmed(mlmon_model model, const rules::Rule& rule) const {
  if (policy_.require == Policy::Require::any) return true;
  const bool all = policy_.require == Policy::Require::all;
  if (!all && !rule.metric.is_drift()) return true;
  for (std::size_t r = 0; r < rules().size(); ++r) {
    if (!applies(model, r) || (!all && rules()[r].metric.is_drift())) continue;
    if (standing(model, r).holds != all) return !all;
  }
  return all;
}

void Retraining::request(const Finding& finding) {
  Fields fields;
  fields.text("reason", rules::reason(finding));
  rules::add_figures(finding, fields);
  const bool over = act(finding.event, "retrain", finding.rule.name, fields);
  const mlmon_model model = finding.event.model();
  // A line that comes again makes the request anew that it made: nothing has been asked for since.
  const bool again = job(model).state == Job::State::open && last_action_id() == open_job(model);
  if (over || again) return;
  const std::int64_t now_ns = policy_.needs_now() ? now(model) : finding.event.time_ns();
  if (policy_.budget.requests > 0) spend(now_ns, last_action_id());
  set_job(model, {Job::State::open, now_ns}, last_action_id());
}

void Retraining::on_other(const Event& event) {
  if (event.kind() != MLMON_KIND_JOB) return;
  const mlmon_model model = event.model();
  Job job = this->job(model);
  const bool open = job.state == Job::State::open;
  const auto id = job_id_(event);
  if (job_status_(event) == "queued") {
    if (open || !id) return;
    job.state = Job::State::open;
    return set_job(model, job, *id);
  }
  if (!open || id != open_job(model)) return;
  job.state = Job::State::none;
  set_job(model, job, {});
}

const Retraining::Job Retraining::job(mlmon_model model) {
  Job job = jobs_.get(model);
  if (job.state != Job::State::unknown) return job;
  job.state = Job::State::none;
  if (const auto text = kept(model, kJob)) {
    const Json told = Json::parse(*text);
    if (told.has("asked")) job.asked_ns = told.integer("asked");
    if (told.has("open")) job.state = Job::State::open;
  }
  jobs_.set(model, 0, job);
  return job;
}

/// REQUIRES: there is one.
std::string Retraining::open_job(mlmon_model model) const {
  return Json::parse(*kept(model, kJob)).text("open");
}

void Retraining::set_job(mlmon_model model, const Job& job, std::string_view open_id) {
  jobs_.set(model, 0, job);
  Fields fields;
  fields.integer("asked", job.asked_ns);
  if (policy_.cooldown_ns > 0 && job.asked_ns != rules::kNever) {
    fields.integer("from", rules::ended(job.asked_ns, policy_.cooldown_ns));
  }
  if (job.state == Job::State::open) fields.text("open", open_id);
  keep(model, kJob, fields.str());
}

Budget& Retraining::budget() {
  if (budget_) return *budget_;
  budget_.emplace(policy_.budget);
  each_kept(0, [&](mlmon_model, std::string_view key, std::string_view at) {
    if (key.substr(0, kSpent.size()) != kSpent) return;
    const std::string id(key.substr(kSpent.size()));
    // It may be a smaller budget than before.
    if (auto gone = budget_->add({Json::parse(at).integer(), id})) over_budget_.push_back(gone->id);
  });
  return *budget_;
}

void Retraining::spend(std::int64_t now_ns, std::string_view id) {
  const std::string own(id);
  if (budget().has(own)) return;
  for (const std::string& gone : std::exchange(over_budget_, {})) forget(0, std::string(kSpent) + gone);
  keep(0, std::string(kSpent) + own, std::to_string(now_ns));
  if (const auto gone = budget().add({now_ns, own})) forget(0, std::string(kSpent) + gone->id);
  if (kept(0, kBudgetSpent)) forget(0, kBudgetSpent);
}

/// The first request that the budget holds back is an event.
void Retraining::tell_spent(const Finding& finding, std::int64_t until_ns) {
  if (kept(0, kBudgetSpent)) return;
  keep(0, kBudgetSpent, "1");
  Fields fields;
  fields.text("rule", finding.rule.name);
  fields.integer("requests", static_cast<std::int64_t>(policy_.budget.requests));
  emit(finding.event, kBudgetSpent, fields.text("until", format_time(until_ns)));
}

bool Retraining::migrate(std::uint32_t from_version) {
  if (from_version != 0) return false;
  each_kept(MLMON_EVERY_MODEL, [this](mlmon_model model, std::string_view key,
                                      std::string_view value) {
    if (key != kOpenOfVersion0) return;
    const std::string id(value);
    forget(model, key);
    keep(model, kJob, Fields().integer("asked", rules::kNever).text("open", id).str());
  });
  return true;
}

}  // namespace mlmon::retraining
