#include "cli/dead_ends.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "cli/endpoint_tables.h"
#include "core/text/glob.h"
#include "core/text/glob_overlap.h"
#include "core/text/text_member.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;
using Texts = std::vector<std::string>;

constexpr std::string_view kRetraining = "org.mlmon.retraining", kAlert = "org.mlmon.alert";

/// What asks for a retraining or begins an alert.
struct Rule {
  std::string name;
  std::optional<std::string> severity;  // nothing: it may be any
  Texts models;
};

bool is_of(const AssembledObserver& observer, std::string_view id) {
  return observer.library && observer.library->classes().front().about.id == id;
}

/// All that can lead to an action, but rules that no model reaches.
class Rules {
 public:
  Rules(const AssembledObserver& observer, const SortedJson& given, const SortedJson& own) {
    const bool alert = is_of(observer, kAlert);
    add_built_in(own, "min_f1", {alert ? "low_f1" : "f1", "critical", {"*"}});
    add_built_in(own, "max_p_value", {"drift", "warning", {"*"}});
    for (const SortedJson& table : tables_in(given, "rules")) {
      const std::string severity = text_of(table, "severity");
      add({text_of(table, "name"), severity.empty() ? "warning" : severity, models_of(table)}, observer);
    }
    // What an alert tells of other observers has the severity that its type has.
    for (const std::string& type : texts_in(own, "on").value_or(Texts())) rules_.push_back({type, {}, {"*"}});
  }

  bool any() const { return !rules_.empty() || !unreached_.empty(); }
  const std::vector<Rule>& reached() const { return rules_; }
  const Texts& unreached() const { return unreached_; }

 private:
  void add_built_in(const SortedJson& own, const char* key, Rule rule) {
    if (own.is_object() && own.value(key, SortedJson()).is_number()) rules_.push_back(std::move(rule));
  }

  void add(Rule rule, const AssembledObserver& observer) {
    if (may_overlap({observer.config.models, rule.models})) rules_.push_back(std::move(rule));
    else unreached_.push_back(rule.name);
  }

  std::vector<Rule> rules_;
  Texts unreached_;  // names
};

bool reaches(const Rule& rule, const SortedJson& endpoint, const AssembledObserver& observer) {
  const auto severities = texts_in(endpoint, "severity"), rules = texts_in(endpoint, "rules");
  if (severities && rule.severity &&
      std::find(severities->begin(), severities->end(), *rule.severity) == severities->end()) {
    return false;
  }
  if (rules && !GlobList(*rules).matches(rule.name)) return false;
  return may_overlap({observer.config.models, rule.models, models_of(endpoint)});
}

/// The keys by which an endpoint chooses: "severity, rules".
std::string filter_text(const SortedJson& endpoint) {
  std::string text;
  for (const char* key : {"severity", "models", "rules"}) {
    if (endpoint.contains(key)) text += (text.empty() ? "" : ", ") + std::string(key);
  }
  return text;
}

void add_endpoints(const AssembledObserver& observer, const SortedJson& given, const char* list, const Rules& rules,
                   Texts& found) {
  const std::vector<SortedJson> endpoints = tables_in(given, list);
  std::set<std::string> fallbacks;  // get what others could not deliver, too
  for (const SortedJson& endpoint : endpoints) fallbacks.insert(text_of(endpoint, "fallback"));
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const std::string filter = filter_text(endpoints[i]);
    const std::string name = text_of(endpoints[i], "name");
    if (filter.empty() || (!name.empty() && fallbacks.contains(name))) continue;
    const auto reaches_it = [&](const Rule& rule) { return reaches(rule, endpoints[i], observer); };
    if (std::any_of(rules.reached().begin(), rules.reached().end(), reaches_it)) continue;
    found.push_back(fmt::format("observers.{}.{}[{}]: no rule and model reach it (by {})", observer.config.name,
                                list, i, filter));
  }
}

}  // namespace

bool has_known_rules(const AssembledObserver& observer) { return is_of(observer, kRetraining) || is_of(observer, kAlert); }

std::vector<std::string> dead_ends_of(const AssembledObserver& observer) {
  Texts found;
  if (!has_known_rules(observer)) return found;
  const SortedJson given = SortedJson::parse(observer.given, nullptr, false);  // with those that are the host's
  const SortedJson own = SortedJson::parse(observer.own, nullptr, false);
  const Rules rules(observer, given, own);
  if (!rules.any()) return found;  // the plugin says so
  for (const std::string& name : rules.unreached()) {
    found.push_back(fmt::format("observers.{}: rule {}: no model that the observer gets is among its models, so "
                                "it can never hold", observer.config.name, name));
  }
  add_endpoints(observer, given, is_of(observer, kAlert) ? "receivers" : "targets", rules, found);
  return found;
}

}  // namespace mlmon
