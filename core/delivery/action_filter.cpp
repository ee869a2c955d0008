#include "core/delivery/action_filter.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mlmon {
namespace {

std::string text_in(const nlohmann::json& object, const std::string& name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

bool ActionFilter::matches(std::string_view action) const {
  const nlohmann::json json = nlohmann::json::parse(action, nullptr, false);
  if (!json.is_object() || !json.contains("model") || !json["model"].is_object()) return false;
  if (!models.matches(text_in(json["model"], "name"))) return false;
  if (rules && !rules->matches(text_in(json, "rule"))) return false;
  if (severities && std::find(severities->begin(), severities->end(), text_in(json, "severity")) == severities->end()) {
    return false;
  }
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    return json.contains("labels") && json["labels"].is_object() &&
           text_in(json["labels"], label.first) == label.second;
  });
}

}  // namespace mlmon
