#include "plugins/alert/alert.h"

#include <algorithm>
#include <utility>

#include "plugins/alert/message.h"
#include "plugins/rules/rule_reader.h"

namespace mlmon::alert {

using rules::Finding;

namespace {

constexpr const char* kFiring = "firing";
constexpr const char* kResolved = "resolved";
constexpr const char* kFlapping = "flapping";

}  // namespace

struct Alert::Configuration {
  explicit Configuration(const Setup& setup) {
    const Json& config = setup.config();
    rules::Problems problems;
    rules::RuleReader reader(setup, problems);
    reader.built_in("low_f1", "f1", "min_f1");
    reader.built_in("drift", "p_value", "max_p_value");
    const std::size_t built_in = reader.rules().size();
    reader.own();
    telling = read_telling(config, problems);
    wordings = read_wordings(config, reader.rules(), built_in, problems);
    problems.throw_any();
    all_rules = reader.rules();
    judging = reader.judging();
    judging.needs_now = telling.needs_now();
  }

  std::vector<rules::Rule> all_rules;
  rules::Judging judging;
  Telling telling;
  std::vector<Wording> wordings;
};

Alert::Alert(Setup& setup) : Alert(setup, Configuration(setup)) {}

Alert::Alert(const Setup& setup, Configuration&& configuration)
    : RuleObserver(setup, std::move(configuration.all_rules), configuration.judging),
      telling_(configuration.telling),
      wordings_(std::move(configuration.wordings)),
      remembers_(telling_.needs_now() ||
                 std::any_of(wordings_.begin(), wordings_.end(),
                             [](const Wording& wording) { return !wording.inhibited_by.empty(); })),
      told_(wordings_.size()) {}

void Alert::on_findings(const Event&, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.weight == Finding::Weight::full) {
      change(finding);
      continue;
    }
    Fields fields;
    if (explaining()) rules::add_figures(finding, fields);
    const bool late = finding.weight == Finding::Weight::late;
    suppress(finding.event, "alert", finding.rule.name, late ? "late" : "min_samples", fields);
  }
}

/// From what a rule says to what is told, step by step.
void Alert::change(const Finding& finding) {
  if (!finding.changed && !remembers_) return;
  Told nothing;
  Told& told = remembers_ ? this->told(finding.event.model(), finding.index) : nothing;
  if (telling_.flap_changes > 0 && (finding.changed || flapping(finding))) {
    flap(finding, told);
  } else if (finding.changed) {
    tell(finding, finding.holds ? kFiring : kResolved, told);
  } else if (finding.holds && telling_.repeat_ns > 0 &&
             now_at(finding) >= rules::ended(told.told_ns, telling_.repeat_ns)) {
    tell(finding, kFiring, told);
  }
}

/// A change, or any event while the rule is flapping.
void Alert::flap(const Finding& finding, Told& told) {
  const mlmon_model model = finding.event.model();
  const std::int64_t now_ns = now_at(finding);
  std::vector<std::int64_t>& changes = told.changes_ns;
  const bool was_flapping = flapping(finding);
  const bool quiet = changes.empty() || now_ns >= rules::ended(changes.back(), telling_.flap_ns);
  const auto over = [&](std::int64_t at_ns) { return now_ns >= rules::ended(at_ns, telling_.flap_ns); };
  changes.erase(std::remove_if(changes.begin(), changes.end(), over), changes.end());
  if (finding.changed) changes.push_back(now_ns);
  if (was_flapping && !quiet) {
    // Only the newest counts from here on.
    if (changes.size() > 1) changes.erase(changes.begin(), changes.end() - 1);
    if (finding.changed) keep_told(model, finding.index);
    return;
  }
  const bool too_many = changes.size() > telling_.flap_changes;
  watch(model, finding.index, too_many);
  tell(finding, too_many ? kFlapping : finding.holds ? kFiring : kResolved, told);
}

bool Alert::flapping(const Finding& finding) const {
  return standing(finding.event.model(), finding.index).watched;
}

void Alert::tell(const Finding& finding, const char* state, Told& told) {
  const mlmon_model model = finding.event.model();
  const bool starts = state != kResolved;
  const std::string held_back = inhibitor(finding, told, starts);
  told.unheard = !held_back.empty() && starts;
  told.told_ns = now_at(finding);
  if (remembers_) keep_told(model, finding.index);
  if (!starts && !telling_.resolve) return;

  const Wording& wording = wordings_[finding.index];
  const Message message = describe(finding, wording, state, this->model(model));
  Fields fields;
  fields.text("severity", wording.severity);
  fields.text("subject", message.subject).text("body", message.body);
  rules::add_figures(finding, fields);
  if (!held_back.empty()) fields.text("suppressed", held_back);
  act(finding.event, "alert", finding.rule.name, state, fields);
}

/// Why nobody is told; empty: they are. An end is told to those who heard of the start.
std::string Alert::inhibitor(const Finding& finding, const Told& told, bool starts) const {
  if (!starts) return told.unheard ? "its start was inhibited" : "";
  for (const std::size_t other : wordings_[finding.index].inhibited_by) {
    const rules::Standing& standing = this->standing(finding.event.model(), other);
    if (standing.holds || standing.watched) return "inhibited by " + rules()[other].name;
  }
  return "";
}

std::int64_t Alert::now_at(const Finding& finding) const {
  return telling_.needs_now() ? now(finding.event.model()) : finding.event.time_ns();
}

Alert::Told& Alert::told(mlmon_model model, std::size_t rule) {
  Told& told = told_.at(model, rule);
  if (std::exchange(told.read, true)) return told;
  const auto text = kept(model, key_of(rule));
  if (!text) return told;
  const Json all = Json::parse(*text);
  const std::vector<Json>& items = all.items();
  told.told_ns = items.at(0).integer();
  told.unheard = items.at(1).integer() != 0;
  for (std::size_t i = 2; i < items.size(); ++i) told.changes_ns.push_back(items[i].integer());
  return told;
}

void Alert::keep_told(mlmon_model model, std::size_t rule) {
  const Told& told = told_.at(model, rule);
  std::string text = "[" + std::to_string(told.told_ns) + (told.unheard ? ",1" : ",0");
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
