#include "plugins/rules/rule_reader.h"

#include <charconv>
#include <utility>

namespace mlmon::rules {
namespace {

const char* const kLimits[] = {"below", "above", "drop", "rise"};

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

RuleReader::RuleReader(const Setup& setup, Problems& problems)
    : setup_(setup), config_(setup.config()), problems_(problems), window_(read_window(config_)) {}

void RuleReader::built_in(const std::string& name, const std::string& metric,
                          const std::string& key) {
  problems_.collect([&] {
    const auto limit = config_.number_or_off(key);
    if (!limit) return;
    Rule rule;
    rule.name = name;
    rule.metric = Metric::named(metric, setup_);
    rule.limit = *limit;
    rule.window = window_;
    rules_.push_back(std::move(rule));
  });
}

void RuleReader::own() {
  if (!config_.has("rules")) return;
  for (const Json& table : config_.at("rules").items()) {
    problems_.collect([&] {
      Rule rule;
      rule.name = table.text("name");
      check_name(table, rule);
      rule.metric = Metric::named(table.text("metric"), setup_);
      read_limit(table, rule);
      read_clear(table, rule);
      rule.window = table.has("for") ? read_window(table) : window_;
      if (table.has("models")) rule.models = transport::Globs(table.at("models"));
      rules_.push_back(std::move(rule));
    });
  }
}

void RuleReader::check_name(const Json& table, const Rule& rule) {
  for (const Rule& other : rules_) {
    if (other.name != rule.name) continue;
    problems_.add(table.at("name").path(),
                  "expected a name that no other rule has, got " + quoted(rule.name));
    return;
  }
}

void RuleReader::read_limit(const Json& table, Rule& rule) {
  std::string found;
  int count = 0;
  for (const char* key : kLimits) {
    if (!table.has(key)) continue;
    found += (count++ == 0 ? "" : " and ") + std::string(key);
  }
  if (count != 1) {
    problems_.add(table.path(), "expected one of below, above, drop and rise, got " +
                                    (count == 0 ? "none" : found));
    return;
  }
  rule.above = found == "above" || found == "rise";
  if (found == "drop" || found == "rise") {
    read_baseline(table, found, rule);
    return;
  }
  rule.limit = table.number(found);
  check_range(table.at(found), rule);
  if (table.has("baseline")) {
    problems_.add(table.at("baseline").path(), "expected drop or rise beside it, got " + found);
  }
}

/// A limit that no figure can be beyond, or every one is, is a slip.
void RuleReader::check_range(const Json& limit, const Rule& rule) {
  const bool share = rule.metric.is_share();
  if (!share && !rule.metric.is_drift()) return;
  if (rule.limit >= 0 && (!share || rule.limit <= 1)) return;
  problems_.add(limit.path(), std::string("expected a number ") +
                                  (share ? "in [0, 1]" : "of at least 0") + " for " +
                                  rule.metric.name() + ", got " + format_number(rule.limit));
}

void RuleReader::read_baseline(const Json& table, const std::string& key, Rule& rule) {
  Baseline baseline;
  const Json& change = table.at(key);
  const auto refuse = [&](const std::string& got) {
    problems_.add(change.path(),
                  "expected a number above 0, or one of percent such as \"10%\", got " + got);
  };
  if (table.is_text(key)) {
    const std::string& text = change.text();
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, baseline.change);
    if (error != std::errc() || end - stop != 1 || *stop != '%' || !(baseline.change > 0)) {
      refuse(quoted(text));
    }
    baseline.change /= 100;
    baseline.relative = true;
  } else {
    baseline.change = change.number();
    if (!(baseline.change > 0)) refuse(format_number(baseline.change));
  }
  if (table.has("baseline")) {
    baseline.figures = static_cast<std::uint32_t>(table.integer("baseline"));
  }
  rule.baseline = baseline;
}

void RuleReader::read_clear(const Json& table, Rule& rule) {
  if (!table.has("clear")) return;
  const Json& clear = table.at("clear");
  rule.clear = clear.number();
  if (rule.baseline) {
    problems_.add(clear.path(), "expected below or above beside it, got drop or rise, whose limit "
                                "is not known before");
  } else if (rule.above ? *rule.clear > rule.limit : *rule.clear < rule.limit) {
    problems_.add(clear.path(), std::string("expected a number of at ") +
                                    (rule.above ? "most " : "least ") + format_number(rule.limit) +
                                    ", the limit, got " + format_number(*rule.clear));
  }
}

Window RuleReader::read_window(const Json& table) {
  if (!table.has("for")) return {};
  const Json& text = table.at("for");
  const auto window = Window::parse(text.text());
  if (window) return *window;
  problems_.add(text.path(), "expected N/M with 1 <= N <= M <= 64, such as \"3/5\", got " +
                                 quoted(text.text()));
  return {};
}

Judging RuleReader::judging() const {
  Judging judging;
  if (config_.has("min_magnitude")) judging.min_magnitude = config_.number("min_magnitude");
  if (config_.has("min_samples")) judging.min_samples = config_.integer("min_samples");
  if (config_.has("correction")) judging.correction = correction_named(config_.text("correction"));
  return judging;
}

}  // namespace mlmon::rules
