#include "core/config/schema_wording.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/text/wording.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

std::string number(const SortedJson& value) {
  constexpr double kExact = 9e15;
  if (value.is_number_float()) {
    const double real = value.get<double>();
    if (std::trunc(real) == real && std::abs(real) < kExact) {
      return std::to_string(static_cast<long long>(real));
    }
  }
  return value.dump();
}

/// " in [0, 1)", " >= 0", " < 5" or nothing.
std::string range(const SortedJson& schema) {
  const auto low = schema.find("minimum"), above = schema.find("exclusiveMinimum");
  const auto high = schema.find("maximum"), below = schema.find("exclusiveMaximum");
  const auto none = schema.end();
  const bool from = low != none || above != none, to = high != none || below != none;
  if (from && to) {
    const std::string left = above != none ? "(" + number(*above) : "[" + number(*low);
    const std::string right = below != none ? number(*below) + ")" : number(*high) + "]";
    return " in " + left + ", " + right;
  }
  if (from) return above != none ? " > " + number(*above) : " >= " + number(*low);
  if (to) return below != none ? " < " + number(*below) : " <= " + number(*high);
  return "";
}

/// "1 to 5 NOUNs", "at least 1 NOUN" or nothing.
std::string count_wording(const SortedJson& schema, const char* low_key, const char* high_key, std::string noun) {
  const std::uint64_t low = schema.value(low_key, std::uint64_t{0});
  const bool bounded = schema.contains(high_key);
  if (!bounded && low == 0) return "";
  const std::uint64_t high = schema.value(high_key, low);
  if (high != 1) noun += "s";
  if (!bounded) return "at least " + std::to_string(low) + " " + noun;
  if (low == 0) return "at most " + std::to_string(high) + " " + noun;
  if (low == high) return std::to_string(low) + " " + noun;
  return std::to_string(low) + " to " + std::to_string(high) + " " + noun;
}

std::string describe_string(const SortedJson& schema) {
  const std::string format = schema.value("format", "");
  if (format == "duration") return "a duration such as \"30s\"";
  if (format == "size") return "a size such as \"1MiB\"";
  const std::string length = count_wording(schema, "minLength", "maxLength", "character");
  std::string text = length.empty() ? "a string" : "a string of " + length;
  if (schema.contains("pattern")) {
    text += " that matches " + schema["pattern"].get<std::string>();
    const auto example = schema.find("default");
    if (example != schema.end() && example->is_string() && !example->empty()) {
      text += ", such as " + in_quotes(example->get_ref<const std::string&>());
    }
  }
  return text;
}

std::string describe_array(const SortedJson& schema) {
  std::string text = "an array";
  const auto items = schema.find("items");
  if (items != schema.end() && items->contains("type") && (*items)["type"].is_string()) {
    const std::string type = (*items)["type"];
    text += " of " + (type == "object" ? std::string("tables") : type + "s");
  }
  const std::string length = count_wording(schema, "minItems", "maxItems", "item");
  return length.empty() ? text : text + " (" + length + ")";
}

std::string describe_type(const std::string& type, const SortedJson& schema) {
  if (type == "boolean") return "true or false";
  if (type == "integer") return "an integer" + range(schema);
  if (type == "number") return "a number" + range(schema);
  if (type == "string") return describe_string(schema);
  if (type == "array") return describe_array(schema);
  return type == "object" ? "a table" : "null";
}

/// The type that other keywords imply, where the schema names none.
std::string describe_untyped(const SortedJson& schema) {
  const auto has_any = [&](std::initializer_list<const char*> keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const char* key) { return schema.contains(key); });
  };
  if (has_any({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})) {
    return "a number" + range(schema);
  }
  if (has_any({"minLength", "maxLength", "pattern", "format"})) return describe_string(schema);
  if (has_any({"items", "minItems", "maxItems"})) return describe_array(schema);
  if (has_any({"properties", "required", "additionalProperties"})) return "a table";
  return "another value";
}

}  // namespace

std::string describe(const SortedJson& schema) {
  std::vector<std::string> texts;
  const auto add = [&](const std::string& text) {
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
  };
  if (schema.contains("const")) return shown(schema["const"]);
  if (schema.contains("enum")) {
    for (const SortedJson& value : schema["enum"]) add(shown(value));
    return one_of(texts);
  }
  const auto type = schema.find("type");
  if (type != schema.end()) {
    if (type->is_string()) return describe_type(*type, schema);
    for (const SortedJson& name : *type) add(describe_type(name, schema));
    return one_of(texts);
  }
  for (const char* alternatives : {"oneOf", "anyOf"}) {
    if (!schema.contains(alternatives)) continue;
    for (const SortedJson& branch : schema[alternatives]) add(describe(branch));
    return one_of(texts);
  }
  return describe_untyped(schema);
}

std::string shown(const SortedJson& value) {
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  if (value.is_object()) return "a table";
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  return value.dump();
}

}  // namespace mlmon
