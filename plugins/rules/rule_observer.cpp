#include "plugins/rules/rule_observer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace mlmon::rules {
namespace {

constexpr const char* kHeld = "held";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Adds so that the mean of many equal figures is that figure.
void add_to(Standing& standing, double figure) {
  const double sum = standing.sum + figure;
  const bool larger = std::abs(standing.sum) >= std::abs(figure);
  standing.lost += larger ? (standing.sum - sum) + figure : (figure - sum) + standing.sum;
  standing.sum = sum;
  ++standing.figures;
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

}  // namespace

RuleObserver::RuleObserver(const Setup& setup, std::vector<Rule> rules, const Judging& judging)
    : rules_(std::move(rules)),
      judging_(judging),
      held_back_(rules_.size()),
      columns_(rules_.size()),
      seen_(rules_.size()) {
  if (judging.correction != Correction::none) adjusted_.emplace(judging.correction, setup);
  if (setup.newer()) add_counters(setup);
}

/// The names say that they are of rules; the host has room for so many.
void RuleObserver::add_counters(const Setup& setup) {
  constexpr std::size_t kMost = 30;
  for (std::size_t r = 0; r < rules_.size() && r < kMost; ++r) {
    const std::string before = "rule_" + std::to_string(r);
    counters_.push_back({setup.counter(before + "_figures", rules_[r].name),
                         setup.counter(before + "_breaches", rules_[r].name)});
  }
}

void RuleObserver::on_batch(const Batch& batch) {
  const mlmon_batch& columns = batch.columns();
  take_columns(columns);
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const std::uint32_t row = batch.row(i);
    const mlmon_model model = columns.model[row];
    meet(model);
    if (columns.kind[row] != MLMON_KIND_METRICS && columns.kind[row] != MLMON_KIND_DRIFT) {
      on_other(Event(columns, row));
      continue;
    }
    if (judging_.needs_now && columns.time_ns[row] > models_[model].now_ns) {
      models_[model].now_ns = columns.time_ns[row];
      note_change(model);
    }
    if (judging_.wants_events) on_event(Event(columns, row));
    judge(columns, row);
  }
  for (const mlmon_model model : changed_) {
    models_[model].changed = false;
    keep(model, kKept, kept_text(model));
  }
  changed_.clear();
  count_seen();
}

void RuleObserver::count_seen() {
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    const Seen seen = std::exchange(seen_[r], Seen());
    if (r >= counters_.size()) continue;
    if (seen.figures > 0) counters_[r].figures.add(seen.figures);
    if (seen.breaches > 0) counters_[r].breaches.add(seen.breaches);
  }
}

void RuleObserver::take_columns(const mlmon_batch& batch) {
  const double* p_values = adjusted_ ? adjusted_->column(batch) : batch.p_value;
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    const Metric& metric = rules_[r].metric;
    columns_[r] = metric.is_p_value() ? p_values : metric.figures(batch);
  }
}

void RuleObserver::judge(const mlmon_batch& batch, std::uint32_t row) {
  findings_.clear();
  const double* guards = guards_.data() + batch.model[row] * rules_.size();
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    const double figure = columns_[r][row];
    seen_[r].figures += figure == figure && guards[r] != -kInfinity ? 1 : 0;
    if (!((rules_[r].above ? -figure : figure) < guards[r])) continue;  // an absent one is NaN
    if (const auto finding = weigh(batch, row, r)) findings_.push_back(*finding);
  }
  if (!findings_.empty()) on_findings(Event(batch, row), findings_);
}

std::optional<Finding> RuleObserver::weigh(const mlmon_batch& batch, std::uint32_t row,
                                           std::size_t r) {
  const Rule& rule = rules_[r];
  const Standing& standing = standings_[batch.model[row] * rules_.size() + r];
  const double figure = columns_[r][row], limit = rule.limit_for(standing);
  const bool breach = rule.breaches(figure, limit) &&
                      !(rule.metric.is_p_value() && batch.magnitude[row] < judging_.min_magnitude);
  if (breach) ++seen_[r].breaches;
  const Finding::Weight weight = this->weight(batch, row, standing);
  const bool full = weight == Finding::Weight::full;
  if (!full && !breach) return std::nullopt;

  const bool goes_on = breach && standing.holds && rule.window.full(standing.window);
  if (full && goes_on && !judging_.wants_breaches && !standing.watched) return std::nullopt;
  Finding finding = {rule, r, Event(batch, row), figure, limit, {}, weight, breach, standing.holds, false};
  if (rule.baseline && !std::isnan(limit)) finding.baseline = standing.mean();
  if (full && !goes_on) update(batch.model[row], batch.time_ns[row], finding);
  const bool wanted = judging_.wants_breaches && (breach || finding.holds);
  if (full && !finding.changed && !standing.watched && !wanted) return std::nullopt;
  return finding;
}

Finding::Weight RuleObserver::weight(const mlmon_batch& batch, std::uint32_t row,
                                     const Standing& standing) const {
  if (batch.time_ns[row] < standing.changed_ns) return Finding::Weight::late;
  const std::int64_t samples = batch.samples[row];
  const bool few = samples >= 0 && samples < judging_.min_samples;
  return few ? Finding::Weight::few_samples : Finding::Weight::full;
}

/// An event of full weight is part of how the rule stands.
void RuleObserver::update(mlmon_model model, std::int64_t time_ns, Finding& finding) {
  Standing& standing = standings_[model * rules_.size() + finding.index];
  const Standing before = standing;
  if (std::isnan(finding.limit)) {
    if (time_ns >= models_[model].grace_end_ns) add_to(standing, finding.figure);
  } else {
    finding.changed = enter(standing, finding.rule, finding.figure, finding.breach, time_ns);
    finding.holds = standing.holds;
  }
  if (standing == before) return;
  set_guard(model, finding.index);
  note_change(model);
}

/// An event of full weight. True: the rule started or stopped to hold.
bool RuleObserver::enter(Standing& standing, const Rule& rule, double figure, bool breach,
                         std::int64_t time_ns) const {
  const bool held = standing.holds;
  standing.window = rule.window.after(standing.window, breach);
  if (held && rule.clear) {
    standing.holds = !rule.clears(figure);
    if (!standing.holds) standing.window = 0;
  } else {
    standing.holds = rule.window.met_by(standing.window);
  }
  if (standing.holds == held) return false;
  standing.changed_ns = time_ns;
  return true;
}

/// While a rule holds, remembers breaches or has no limit yet, every figure matters.
void RuleObserver::set_guard(mlmon_model model, std::size_t r) {
  const Rule& rule = rules_[r];
  const Standing& standing = standings_[model * rules_.size() + r];
  const double limit = rule.limit_for(standing);
  const bool at_rest = !standing.holds && standing.window == 0 && !standing.watched;
  guards_[model * rules_.size() + r] =
      !at_rest || std::isnan(limit) ? kInfinity : rule.above ? -limit : limit;
}

void RuleObserver::hold_back(const Finding& finding, const char* of, const char* why,
                             std::optional<std::int64_t> until_ns) {
  Fields fields;
  if (explaining()) add_figures(finding, fields);
  suppress(finding.event, of, finding.rule.name, why, until_ns, fields);
  const mlmon_model model = finding.event.model();
  read_held_back(model);
  if (held_back_.note(model, finding.index, why, finding.event.time_ns(), until_ns)) {
    keep(model, kHeld, held_back_.text(model, rules_));
  }
}

void RuleObserver::read_held_back(mlmon_model model) {
  if (!held_back_.knows(model)) held_back_.read(model, kept(model, kHeld), rules_);
}

bool RuleObserver::applies(mlmon_model model, std::size_t rule) const {
  return guards_[model * rules_.size() + rule] != -kInfinity;
}

void RuleObserver::watch(mlmon_model model, std::size_t rule, bool watched) {
  Standing& standing = standings_[model * rules_.size() + rule];
  if (standing.watched == watched) return;
  standing.watched = watched;
  set_guard(model, rule);
  note_change(model);
}

void RuleObserver::stop_holding(const Event& event, mlmon_model model, std::size_t rule) {
  Standing& standing = standings_[model * rules_.size() + rule];
  standing.holds = standing.watched = false;
  standing.window = 0;
  standing.changed_ns = std::max(standing.changed_ns, event.time_ns());
  set_guard(model, rule);
  note_change(model);
}

void RuleObserver::meet(mlmon_model handle) {
  if (handle < models_.size() && models_[handle].met) return;
  if (handle >= models_.size()) {
    const std::size_t size = handle + std::size_t{1};
    grow_to(models_, size);
    standings_.resize(size * rules_.size());
    grow_to(guards_, size * rules_.size(), -kInfinity);
  }
  AboutModel& about = models_[handle];
  about.met = true;
  const Model described = model(handle);
  if (judging_.grace_ns > 0) about.grace_end_ns = deployed_and(described, judging_.grace_ns);
  load(handle);
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    if (rules_[r].models.match(described.name)) set_guard(handle, r);
  }
}

void RuleObserver::load(mlmon_model model) {
  const auto text = kept(model, kKept);
  if (!text) return;
  const Json all = Json::parse(*text);
  if (all.has("now")) models_[model].now_ns = all.integer("now");
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    const Json& rules = all.at("rules");
    if (!rules.has(rules_[r].name)) continue;
    const std::vector<Json>& told = rules.at(rules_[r].name).items();
    Standing& standing = standings_[model * rules_.size() + r];
    standing.holds = (told.at(0).integer() & 1) != 0;
    standing.watched = (told.at(0).integer() & 2) != 0;
    standing.changed_ns = told.at(1).integer();
    standing.window = static_cast<std::uint64_t>(told.at(2).integer());
    if (told.size() < 6) continue;
    standing.figures = static_cast<std::uint32_t>(told[3].integer());
    standing.sum = told[4].number();
    standing.lost = told[5].number();
  }
}

void RuleObserver::note_change(mlmon_model model) {
  if (std::exchange(models_[model].changed, true)) return;
  changed_.push_back(model);
}

std::string_view RuleObserver::kept_text(mlmon_model model) {
  std::string& text = kept_text_;
  text = "{";
  if (judging_.needs_now) {
    text += "\"now\":";
    append_number(text, models_[model].now_ns);
    text += ',';
  }
  text += "\"rules\":{";
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    const Standing& standing = this->standing(model, r);
    if (standing == Standing()) continue;
    if (text.back() != '{') text += ',';
    append_quoted(text, rules_[r].name);
    append_number(text += ":[", (standing.holds ? 1 : 0) + (standing.watched ? 2 : 0));
    append_number(text += ',', standing.changed_ns);
    append_number(text += ',', static_cast<std::int64_t>(standing.window));
    if (standing.figures > 0) {
      append_number(text += ',', standing.figures);
      append_number(text += ',', standing.sum);
      append_number(text += ',', standing.lost);
    }
    text += ']';
  }
  return text += "}}";
}

}  // namespace mlmon::rules
