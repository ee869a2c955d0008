#include "core/config/schema_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/observer_config.h"
#include "core/config/schema_fit.h"
#include "core/config/schema_keywords.h"
#include "core/config/schema_wording.h"
#include "core/text/suggest.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

const SortedJson& no_members() {
  static const SortedJson kNone = SortedJson::object();
  return kNone;
}

const SortedJson& properties_of(const SortedJson& schema) {
  const auto found = schema.find("properties");
  return found == schema.end() ? no_members() : *found;
}

/// What a string must be one of, by a schema's const, enum or alternatives.
std::vector<std::string> strings_of(const SortedJson& schema) {
  std::vector<std::string> strings;
  const auto add = [&](const SortedJson& value) {
    if (value.is_string()) strings.push_back(value);
  };
  if (schema.contains("const")) add(schema["const"]);
  if (schema.contains("enum")) std::for_each(schema["enum"].begin(), schema["enum"].end(), add);
  for (const char* alternatives : {"oneOf", "anyOf"}) {
    if (!schema.contains(alternatives)) continue;
    for (const SortedJson& branch : schema[alternatives]) {
      for (const std::string& text : strings_of(branch)) strings.push_back(text);
    }
  }
  return strings;
}

bool admits_integers_only(const SortedJson& schema) {
  const auto type = schema.find("type");
  if (type == schema.end()) return false;
  if (type->is_string()) return *type == "integer";
  const auto is = [&](const char* name) {
    return std::find(type->begin(), type->end(), name) != type->end();
  };
  return is("integer") && !is("number");
}

}  // namespace

SchemaCheck::SchemaCheck(const std::set<std::string>& hidden,
                         const std::vector<std::string>& host_keys)
    : hidden_(hidden), host_keys_(host_keys) {}

void SchemaCheck::expected(const std::string& what, const SortedJson& value, const std::string& pointer,
                           bool hidden, const std::string& hint) {
  const std::string got = hidden ? "(hidden)" : shown(value) + hint;
  mistakes_.push_back({pointer, "expected " + what + ", got " + got});
}

void SchemaCheck::missing(const std::string& key, const std::string& what,
                          const std::string& pointer) {
  mistakes_.push_back({append_pointer(pointer, key),
                       "missing key " + in_quotes(key) + ": expected " + what + ", got nothing"});
}

void SchemaCheck::check(const SortedJson& schema, SortedJson& value, const std::string& pointer, bool hidden) {
  if (is_secret(schema)) {
    secrets_.insert(pointer);
    hidden = true;
  }
  hidden = hidden || hidden_.count(pointer) > 0;
  if (!fits(schema, value)) {
    const bool text = value.is_string();
    expected(describe(schema), value, pointer, hidden,
             text ? did_you_mean(value.get_ref<const std::string&>(), strings_of(schema)) : "");
    return;
  }
  if (value.is_number_float() && admits_integers_only(schema)) {
    value = static_cast<std::int64_t>(value.get<double>());
  }
  note_path(schema, value, pointer);
  if (value.is_object()) check_object(schema, value, pointer, hidden);
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      check(schema["items"], value[i], append_pointer(pointer, i), hidden);
    }
  }
  for (const char* keyword : {"oneOf", "anyOf"}) {
    if (schema.contains(keyword)) check_branches(schema, keyword, value, pointer, hidden);
  }
}

void SchemaCheck::note_path(const SortedJson& schema, const SortedJson& value, const std::string& pointer) {
  const std::string format = schema.value("format", "");
  if (format == "path" && value.is_string()) paths_.insert(pointer);
  if (format != "command" || !value.is_array() || value.empty() || !value[0].is_string()) return;
  const std::string& program = value[0].get_ref<const std::string&>();
  if (program.find('/') != std::string::npos) paths_.insert(append_pointer(pointer, std::size_t{0}));
}

void SchemaCheck::check_object(const SortedJson& schema, SortedJson& object, const std::string& pointer,
                               bool hidden) {
  const SortedJson& properties = properties_of(schema);
  fill_in(properties, object);
  const SortedJson others = schema.value("additionalProperties", SortedJson(true));
  for (auto& [key, value] : object.items()) {
    const std::string place = append_pointer(pointer, key);
    if (const auto property = properties.find(key); property != properties.end()) {
      check(*property, value, place, hidden);
    } else if (others.is_object()) {
      check(others, value, place, hidden);
    } else if (others == false) {
      refuse_key(properties, key, pointer);
    }
  }
  for (const SortedJson& key : schema.value("required", SortedJson::array())) {
    const std::string name = key;
    if (object.contains(name)) continue;
    const auto property = properties.find(name);
    const std::string what = property == properties.end() ? "a value" : describe(*property);
    missing(name, what, pointer);
  }
}

void SchemaCheck::fill_in(const SortedJson& properties, SortedJson& object) const {
  for (const auto& [key, schema] : properties.items()) {
    const auto value = schema.find("default");
    if (value != schema.end() && !object.contains(key)) object[key] = *value;
  }
}

void SchemaCheck::refuse_key(const SortedJson& properties, const std::string& key,
                             const std::string& pointer) {
  constexpr std::size_t kMostListed = 12;
  std::vector<std::string> known;
  for (const auto& [name, schema] : properties.items()) known.push_back(name);
  std::vector<std::string> offered = known;
  if (pointer.empty()) offered.insert(offered.end(), host_keys_.begin(), host_keys_.end());
  std::string hint = did_you_mean(key, offered);
  if (hint.empty() && known.empty()) hint = ", expected none";
  if (hint.empty() && known.size() <= kMostListed) hint = ", expected " + one_of_quoted(known);
  mistakes_.push_back({append_pointer(pointer, key), "unknown key " + in_quotes(key) + hint});
}

void SchemaCheck::check_branches(const SortedJson& schema, const char* keyword, SortedJson& value,
                                 const std::string& pointer, bool hidden) {
  const bool only_one = std::string_view(keyword) == "oneOf";
  const SortedJson& branches = schema[keyword];
  const SortedJson given = value;
  std::size_t matches = 0;
  for (const SortedJson& branch : branches) {
    SortedJson completed = given;
    SchemaCheck attempt(hidden_, host_keys_);
    attempt.check(branch, completed, pointer, hidden);
    if (!attempt.mistakes_.empty() || ++matches > 1) continue;
    value = std::move(completed);
    secrets_.insert(attempt.secrets_.begin(), attempt.secrets_.end());
  }
  if (matches == 0) explain(schema, branches, given, pointer, hidden);
  if (matches > 1 && only_one) {
    expected("one of several forms (" + describe({{keyword, branches}}) + ")", given, pointer,
             hidden, ", which is more than one of them");
  }
}

/// Tells why no branch admits the value: by the mistakes in the branch that was meant, if that is
/// clear.
void SchemaCheck::explain(const SortedJson& schema, const SortedJson& branches, const SortedJson& value,
                          const std::string& pointer, bool hidden) {
  std::vector<const SortedJson*> possible;
  for (const SortedJson& branch : branches) {
    if (fits_type(branch, value)) possible.push_back(&branch);
  }
  if ((value.is_object() || value.is_array()) && possible.size() == 1) {
    SortedJson copy = value;
    return check(*possible.front(), copy, pointer, hidden);
  }
  if (value.is_object() && explain_by_key(possible, value, pointer, hidden)) return;
  const bool text = value.is_string();
  expected(describe({{"anyOf", branches}}), value, pointer, hidden,
           text ? did_you_mean(value.get_ref<const std::string&>(), strings_of(schema)) : "");
}

/// Chooses by a key that tells the branches apart: one that each of them has as a constant.
bool SchemaCheck::explain_by_key(const std::vector<const SortedJson*>& branches, const SortedJson& value,
                                 const std::string& pointer, bool hidden) {
  if (branches.empty()) return false;
  for (const auto& [key, unused] : properties_of(*branches.front()).items()) {
    const std::string& name = key;
    const auto constants = [&](const SortedJson* branch) {
      return strings_of(properties_of(*branch).value(name, no_members()));
    };
    std::vector<std::string> all;
    const SortedJson* meant = nullptr;
    const bool tells_apart = std::all_of(branches.begin(), branches.end(), [&](const SortedJson* branch) {
      const std::vector<std::string> own = constants(branch);
      all.insert(all.end(), own.begin(), own.end());
      const auto given = value.find(name);
      const bool chosen =
          given != value.end() && given->is_string() &&
          std::find(own.begin(), own.end(), given->get_ref<const std::string&>()) != own.end();
      if (chosen && !meant) meant = branch;
      return !own.empty();
    });
    if (!tells_apart) continue;
    if (meant) {
      SortedJson copy = value;
      check(*meant, copy, pointer, hidden);
      return true;
    }
    const std::string place = append_pointer(pointer, name);
    const auto given = value.find(name);
    if (given == value.end()) {
      missing(name, one_of_quoted(all), pointer);
    } else {
      const std::string hint =
          given->is_string() ? did_you_mean(given->get<std::string>(), all) : "";
      expected(one_of_quoted(all), *given, place, hidden || hidden_.count(place) > 0, hint);
    }
    return true;
  }
  return false;
}

}  // namespace mlmon
