#include "plugins/template/action_names.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mlmon::templates {
namespace {

constexpr std::string_view kLabels = "labels.";
constexpr std::string_view kModel = "model.";

Value read(const Json& object, std::string_view name, Kind kind) {
  if (!object.has(name)) return {};
  const Json& value = object.at(name);
  if (kind == Kind::text) return value.is_text() ? Value(value.text()) : Value();
  if (!value.is_number()) return {};
  if (kind == Kind::whole) return value.integer();
  return value.number();
}

Value find(const Json& action, std::string_view name) {
  for (const auto& [prefix, member] : {std::pair{kLabels, "labels"}, std::pair{kModel, "model"}}) {
    if (!name.starts_with(prefix)) continue;
    return action.has(member) ? read(action.at(member), name.substr(prefix.size()), Kind::text)
                              : Value();
  }
  const auto& names = action_names();
  const auto known =
      std::find_if(names.begin(), names.end(), [&](const Name& one) { return one.name == name; });
  const Value value = known == names.end() ? Value() : read(action, name, known->kind);
  const bool found = !std::holds_alternative<std::monostate>(value);
  if (found || !action.has("rule") || action.text("rule") != "drift") return value;
  if (name == "metric") return std::string("p_value");
  return name == "value" ? read(action, "p_value", Kind::figure) : value;
}

}  // namespace

const std::vector<Name>& action_names() {
  static const std::vector<Name> names = {
      {"id", Kind::text},           {"action", Kind::text},
      {"observer", Kind::text},     {"rule", Kind::text},
      {"state", Kind::text},        {"severity", Kind::text},
      {"reason", Kind::text},       {"subject", Kind::text},
      {"body", Kind::text},         {"model.name", Kind::text},
      {"model.version", Kind::text}, {"model.deployed_at", Kind::text},
      {"metric", Kind::text},       {"value", Kind::figure},
      {"threshold", Kind::figure},  {"baseline", Kind::figure},
      {"p_value", Kind::figure},    {"magnitude", Kind::figure},
      {"samples", Kind::whole},     {"feature", Kind::text},
      {"event_time", Kind::text},   {"source", Kind::text},
      {"line", Kind::whole},        {"offset", Kind::whole},
      {"labels.", Kind::text}};
  return names;
}

Lookup lookup_in(const Json& action) {
  return [&action](std::string_view name) -> Value {
    try {
      return find(action, name);
    } catch (const config_error&) {  // of another shape than an action has
      return {};
    }
  };
}

}  // namespace mlmon::templates
