#include "plugins/alert/alert.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "plugins/rules/rule_reader.h"
#include "plugins/rules/warnings.h"

namespace mlmon::alert {

using rules::Finding;

namespace {

constexpr const char* kFiring = "firing";
constexpr const char* kResolved = "resolved";
constexpr const char* kFlapping = "flapping";

}  // namespace

struct Alert::Configuration {
  explicit Configuration(const Setup& setup) : heard(read(setup)) {}

  std::vector<rules::Rule> all_rules;
  rules::Judging judging;
  Telling telling;
  std::vector<Wording> wordings;
  Heard heard;

 private:
  Heard read(const Setup& setup) {
    rules::Problems problems;
    rules::RuleReader reader(setup, problems);
    reader.built_in("low_f1", "f1", "min_f1");
    reader.built_in("drift", "p_value", "max_p_value");
    const std::size_t built_in = reader.rules().size();
    reader.own();
    all_rules = reader.rules();
    telling = read_telling(setup.config(), problems);
    wordings = read_wordings(setup, all_rules, built_in, problems);
    Heard types(setup, all_rules, problems);
    problems.throw_any();
    if (!setup.config().has("on")) rules::warn_of_rules(setup, all_rules);
    judging = reader.judging();
    judging.needs_now = telling.needs_now();
    judging.wants_breaches = telling.repeat_ns > 0;
    judging.wants_events = telling.superseded_ns.has_value();
    return types;
  }
};

Alert::Alert(Setup& setup) : Alert(setup, Configuration(setup)) {}

Alert::Alert(const Setup& setup, Configuration&& configuration)
    : RuleObserver(setup, std::move(configuration.all_rules), configuration.judging),
      telling_(configuration.telling),
      wordings_(std::move(configuration.wordings)),
      heard_(std::move(configuration.heard)),
      remembers_(telling_.repeat_ns > 0 || telling_.flap_changes > 0 ||
                 std::any_of(wordings_.begin(), wordings_.end(),
                             [](const Wording& wording) { return !wording.inhibited_by.empty(); })),
      told_(wordings_.size()) {
  if (telling_.superseded_ns) succession_.emplace(*telling_.superseded_ns);
}

void Alert::on_findings(const Event& event, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.weight == Finding::Weight::full) {
      if (finding.changed && succession_) succession_->count(event.model(), finding.holds ? 1 : -1);
      judge(finding);
      continue;
    }
    const bool late = finding.weight == Finding::Weight::late;
    hold_back(finding, "alert", late ? "late" : "min_samples");
  }
}

/// From what a rule says to what is told.
void Alert::judge(const Finding& finding) {
  const bool repeats = telling_.repeat_ns > 0 && finding.holds;
  const bool begins = finding.changed && finding.holds && !flapping(finding);
  if (telling_.flap_changes > 0 && (finding.changed || flapping(finding))) {
    if (const char* state = flap(finding)) tell(finding, state, begins);
  } else if (finding.changed) {
    tell(finding, finding.holds ? kFiring : kResolved, begins);
  } else if (repeats) {
    const Told& told = this->told(finding.event.model(), finding.index);
    // The event that was told of, and comes again, tells nobody.
    const bool is_another = finding.event.time_ns() != told.event_ns;
    if (is_another && now_at(finding) >= rules::ended(told.told_ns, telling_.repeat_ns)) tell(finding, kFiring, begins);
  }
}

/// A change, or any event while the rule is flapping: the state to tell, or null.
const char* Alert::flap(const Finding& finding) {
  const mlmon_model model = finding.event.model();
  const std::int64_t now_ns = now_at(finding);
  std::vector<std::int64_t>& changes = told(model, finding.index).changes_ns;
  const auto over = [&](std::int64_t at_ns) {
    return now_ns >= rules::ended(at_ns, telling_.flap_ns);
  };
  const bool quiet = std::all_of(changes.begin(), changes.end(), over);
  changes.erase(std::remove_if(changes.begin(), changes.end(), over), changes.end());
  if (finding.changed) changes.push_back(now_ns);
  // One more than are allowed is too many, however many there were.
  if (changes.size() > telling_.flap_changes + 1) changes.erase(changes.begin());
  if (flapping(finding) && !quiet) {
    if (finding.changed) keep_told(model, finding.index);
    return nullptr;
  }
  const bool too_many = changes.size() > telling_.flap_changes;
  watch(model, finding.index, too_many);
  return too_many ? kFlapping : finding.holds ? kFiring : kResolved;
}

bool Alert::flapping(const Finding& finding) const {
  return standing(finding.event.model(), finding.index).watched;
}

void Alert::tell(const Finding& finding, const char* state, bool begins) {
  const mlmon_model model = finding.event.model();
  if (telling_.repeat_ns > 0) {
    Told& told = this->told(model, finding.index);
    told.told_ns = now_at(finding);
    told.event_ns = finding.event.time_ns();
  }
  Fields figures;
  rules::add_figures(finding, figures);
  const double baseline = finding.baseline.value_or(std::numeric_limits<double>::quiet_NaN());
  act_on({finding.rule, state, finding.holds, finding.event, this->model(model), finding.figure,
          finding.limit, baseline, {}},
         finding.index, model, begins, figures);
}

void Alert::act_on(const Change& change, std::size_t rule, mlmon_model model, bool begins, Fields figures) {
  const bool starts = change.state != kResolved;
  std::string held_back;
  if (remembers_) {
    held_back = inhibitor(model, rule, starts);
    Told& told = this->told(model, rule);
    told.unheard = starts && !held_back.empty() && (begins || told.unheard);
    keep_told(model, rule);
  }
  if (!starts && !telling_.resolve) return;

  const Message message = describe(change, wordings_[rule]);
  Fields fields;
  fields.text("severity", wordings_[rule].severity);
  fields.text("subject", message.subject).text("body", message.body);
  fields.members(figures);
  if (!change.reason.empty()) fields.text("reason", change.reason);
  if (!held_back.empty()) fields.text("suppressed", held_back);
  act({change.event, model}, "alert", change.rule.name, change.state, fields);
}

/// Why nobody is told; empty: they are. An end is told to those who heard of the start.
std::string Alert::inhibitor(mlmon_model model, std::size_t rule, bool starts) {
  if (!starts) return told(model, rule).unheard ? "its start was inhibited" : "";
  for (const std::size_t other : wordings_[rule].inhibited_by) {
    const rules::Standing& standing = this->standing(model, other);
    if (standing.holds || standing.watched) return "inhibited by " + rules()[other].name;
  }
  return "";
}

std::int64_t Alert::now_at(const Finding& finding) const {
  return telling_.needs_now() ? now(finding.event.model()) : finding.event.time_ns();
}

void Alert::on_other(const Event& event) {
  const std::string_view name = heard_.name_of(event);
  if (name.empty()) return;
  const Heard::Telling telling = heard_.tell(name, event, model(event.model()));
  Fields fields;
  fields.text("severity", telling.severity);
  fields.text("subject", telling.message.subject).text("body", telling.message.body);
  act(event, "alert", name, kFiring, fields.flag("once", true));
}

/// Only with superseded_after: ends what fires for older deployments.
void Alert::on_event(const Event& event) {
  know_deployments();
  const mlmon_model newer = event.model();
  if (!succession_->knows(newer)) succession_->add(newer, model(newer));
  for (const mlmon_model older : succession_->superseded_by(newer, now(newer))) {
    supersede(event, older);
  }
}

/// What is kept from earlier runs, once.
void Alert::know_deployments() {
  if (std::exchange(knows_deployments_, true)) return;
  std::vector<mlmon_model> models;
  each_kept(MLMON_EVERY_MODEL, [&](mlmon_model model, std::string_view key, std::string_view) {
    if (key == kKept) models.push_back(model);
  });
  for (const mlmon_model handle : models) {
    meet(handle);
    succession_->add(handle, model(handle));
    for (std::size_t r = 0; r < rules().size(); ++r) {
      if (standing(handle, r).holds) succession_->count(handle, 1);
    }
  }
}

void Alert::supersede(const Event& event, mlmon_model older) {
  const Model described = model(older);
  const std::string reason = "superseded by v" + std::string(model(event.model()).version);
  for (std::size_t r = 0; r < rules().size(); ++r) {
    if (!standing(older, r).holds) continue;
    stop_holding(event, older, r);
    succession_->count(older, -1);
    constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
    const double limit = rules()[r].limit_for(standing(older, r));
    Fields figures;
    if (!rules()[r].metric.is_drift()) figures.text("metric", rules()[r].metric.name());
    act_on({rules()[r], kResolved, false, event, described, kAbsent, limit, kAbsent, reason}, r, older, false,
           figures.number("threshold", limit));
  }
}

Alert::Told& Alert::told(mlmon_model model, std::size_t rule) {
  Told& told = told_.at(model, rule);
  if (std::exchange(told.read, true)) return told;
  const auto text = kept(model, key_of(rule));
  if (!text) return told;
  const Json all = Json::parse(*text);
  const std::vector<Json>& items = all.items();
  const Json& at = items.at(0);
  told.told_ns = at.is_array() ? at.items().at(0).integer() : at.integer();
  told.event_ns = at.is_array() ? at.items().at(1).integer() : told.told_ns;
  told.unheard = items.at(1).integer() != 0;
  for (std::size_t i = 2; i < items.size(); ++i) told.changes_ns.push_back(items[i].integer());
  return told;
}

void Alert::keep_told(mlmon_model model, std::size_t rule) {
  const Told& told = told_.at(model, rule);
  std::string at = std::to_string(told.told_ns);
  if (told.event_ns != told.told_ns) at = "[" + at + "," + std::to_string(told.event_ns) + "]";
  std::string text = "[" + at + (told.unheard ? ",1" : ",0");
  for (const std::int64_t at_ns : told.changes_ns) text += "," + std::to_string(at_ns);
  keep(model, key_of(rule), text + "]");
}

std::string Alert::key_of(std::size_t rule) const { return "told:" + rules()[rule].name; }

/// In version 0 the name of each rule that fired was a key.
bool Alert::migrate(std::uint32_t from_version) {
  if (from_version != 0) return false;
  std::vector<std::pair<mlmon_model, std::string>> fired;
  each_kept(MLMON_EVERY_MODEL, [&](mlmon_model model, std::string_view key, std::string_view) {
    fired.emplace_back(model, key);
  });
  for (auto first = fired.begin(); first != fired.end();) {
    Fields standings;
    const mlmon_model model = first->first;
    for (; first != fired.end() && first->first == model; ++first) {
      forget(model, first->second);
      standings.json(first->second, "[1," + std::to_string(rules::kNever) + ",1]");
    }
    keep(model, kKept, Fields().json("rules", standings.str()).str());
  }
  return true;
}

}  // namespace mlmon::alert
