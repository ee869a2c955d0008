#include "core/config/schema_keywords.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <vector>

#include "core/config/observer_config.h"
#include "core/text/suggest.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> kNames = {"null",   "boolean", "integer", "number",
                                                  "string", "array",   "object"};
  return kNames;
}

bool is_one_of(const SortedJson& value, const std::vector<std::string>& names) {
  return value.is_string() && std::find(names.begin(), names.end(), value.get_ref<const std::string&>()) != names.end();
}

bool is_type(const SortedJson& value) {
  const auto named = [](const SortedJson& one) { return is_one_of(one, type_names()); };
  if (!value.is_array()) return named(value);
  return !value.empty() && std::all_of(value.begin(), value.end(), named);
}

bool is_count(const SortedJson& value) { return value.is_number_unsigned(); }

bool is_array_of_strings(const SortedJson& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(),
                                         [](const SortedJson& item) { return item.is_string(); });
}

bool is_pattern(const SortedJson& value) {
  if (!value.is_string()) return false;
  try {
    const std::regex regex(value.get_ref<const std::string&>(), std::regex::ECMAScript);
    return true;
  } catch (const std::regex_error&) {
    return false;
  }
}

struct Keyword {
  const char* name;
  const char* expected;
  bool (*is_valid)(const SortedJson&);
};

const Keyword kKeywords[] = {
    {"type", "the name of a type, or several", is_type},
    {"enum", "an array with values", [](const SortedJson& v) { return v.is_array() && !v.empty(); }},
    {"const", "a value", [](const SortedJson&) { return true; }},
    {"minimum", "a number", [](const SortedJson& v) { return v.is_number(); }},
    {"maximum", "a number", [](const SortedJson& v) { return v.is_number(); }},
    {"exclusiveMinimum", "a number", [](const SortedJson& v) { return v.is_number(); }},
    {"exclusiveMaximum", "a number", [](const SortedJson& v) { return v.is_number(); }},
    {"minLength", "an integer >= 0", is_count},
    {"maxLength", "an integer >= 0", is_count},
    {"minItems", "an integer >= 0", is_count},
    {"maxItems", "an integer >= 0", is_count},
    {"pattern", "an ECMAScript regular expression", is_pattern},
    {"format", R"("duration", "size", "path" or "command")",
     [](const SortedJson& v) { return is_one_of(v, {"duration", "size", "path", "command"}); }},
    {"items", "a schema", [](const SortedJson& v) { return v.is_object(); }},
    {"properties", "an object of schemas", [](const SortedJson& v) { return v.is_object(); }},
    {"required", "an array of strings", is_array_of_strings},
    {"additionalProperties", "true, false or a schema",
     [](const SortedJson& v) { return v.is_boolean() || v.is_object(); }},
    {"oneOf", "an array of schemas", [](const SortedJson& v) { return v.is_array() && !v.empty(); }},
    {"anyOf", "an array of schemas", [](const SortedJson& v) { return v.is_array() && !v.empty(); }},
    {"default", "a value", [](const SortedJson&) { return true; }},
    {"writeOnly", "true or false", [](const SortedJson& v) { return v.is_boolean(); }},
    {"examples", "an array of values", [](const SortedJson& v) { return v.is_array() && !v.empty(); }},
    {"title", "a string", [](const SortedJson& v) { return v.is_string(); }},
    {"description", "a string", [](const SortedJson& v) { return v.is_string(); }},
    {"$schema", "a string", [](const SortedJson& v) { return v.is_string(); }},
};

Error unknown_keyword(const std::string& name) {
  std::vector<std::string> names;
  for (const Keyword& keyword : kKeywords) names.emplace_back(keyword.name);
  return {"unknown keyword " + in_quotes(name) + did_you_mean(name, names)};
}

/// Checks each schema in the value of a keyword.
Result<void> check_inner(const std::string& keyword, const SortedJson& value,
                         const std::string& pointer) {
  if (keyword == "items" || (keyword == "additionalProperties" && value.is_object())) {
    return check_keywords(value, pointer);
  }
  if (keyword == "properties") {
    for (const auto& [name, schema] : value.items()) {
      if (auto inner = check_keywords(schema, append_pointer(pointer, name)); !inner) return inner;
    }
  }
  if (keyword == "oneOf" || keyword == "anyOf") {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (auto inner = check_keywords(value[i], append_pointer(pointer, i)); !inner) return inner;
    }
  }
  return {};
}

}  // namespace

Result<void> check_keywords(const SortedJson& schema, const std::string& pointer) {
  if (!schema.is_object()) {
    return Error{"expected a schema, got " + std::string(schema.type_name())}.in(pointer);
  }
  for (const auto& [name, value] : schema.items()) {
    const std::string place = append_pointer(pointer, name);
    const std::string& sought = name;
    const auto keyword = std::find_if(std::begin(kKeywords), std::end(kKeywords),
                                      [&](const Keyword& one) { return one.name == sought; });
    if (keyword == std::end(kKeywords)) return unknown_keyword(name).in(place);
    if (!keyword->is_valid(value)) {
      const std::string expected = std::string("expected ") + keyword->expected;
      return Error{expected + ", got " + value.dump()}.in(place);
    }
    if (auto inner = check_inner(name, value, place); !inner) return inner;
  }
  return {};
}

bool is_secret(const SortedJson& schema) {
  if (schema.value("writeOnly", false)) return true;
  for (const char* alternatives : {"oneOf", "anyOf"}) {
    const auto found = schema.find(alternatives);
    if (found == schema.end()) continue;
    if (std::any_of(found->begin(), found->end(), is_secret)) return true;
  }
  return false;
}

}  // namespace mlmon
