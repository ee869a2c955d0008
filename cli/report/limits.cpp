#include "cli/report/limits.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

std::vector<std::string> texts_of(const SortedJson& object, const char* member) {
  std::vector<std::string> texts;
  if (const auto found = object.find(member); found != object.end() && found->is_array()) {
    for (const SortedJson& item : *found) {
      if (item.is_string()) texts.push_back(item.get<std::string>());
    }
  }
  return texts.empty() ? std::vector<std::string>{"*"} : texts;
}

void add_rules(std::vector<Limit>& limits, const AssembledObserver& observer, const SortedJson& rules) {
  for (const SortedJson& rule : rules) {
    if (!rule.is_object() || !rule.contains("metric") || !rule["metric"].is_string()) continue;
    for (const char* side : {"below", "above"}) {
      const auto value = rule.find(side);
      if (value == rule.end() || !value->is_number()) continue;
      limits.push_back({rule["metric"].get<std::string>(), value->get<double>(),
                        fmt::format("{}: {} {} {}", observer.config.name, rule.value("name", ""), side,
                                    value->dump()),
                        GlobList(observer.config.models), GlobList(texts_of(rule, "models"))});
    }
  }
}

void add_own_limits(std::vector<Limit>& limits, const AssembledObserver& observer, const SortedJson& own) {
  for (const auto& [key, value] : own.items()) {
    const bool low = key.starts_with("min_"), high = key.starts_with("max_");
    if ((!low && !high) || !value.is_number() || key == "min_samples" || key == "min_magnitude") continue;
    limits.push_back({key.substr(4), value.get<double>(),
                      fmt::format("{}: below {}", observer.config.name, value.dump()),
                      GlobList(observer.config.models), GlobList({"*"})});
  }
}

}  // namespace

std::vector<Limit> limits_of(const Assembly& assembly) {
  std::vector<Limit> limits;
  for (const AssembledObserver& observer : assembly.observers) {
    const SortedJson own = SortedJson::parse(observer.own, nullptr, false);
    if (!own.is_object()) continue;
    add_own_limits(limits, observer, own);
    if (own.contains("rules") && own["rules"].is_array()) add_rules(limits, observer, own["rules"]);
  }
  return limits;
}

}  // namespace mlmon
