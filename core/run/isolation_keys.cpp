#include "core/run/isolation_keys.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/config/config_schema.h"
#include "core/config/interpolation.h"
#include "core/config/toml_reader.h"
#include "core/text/quantity.h"
#include "core/text/suggest.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

/// The value of a key, which is no longer among the own ones.
std::optional<SortedJson> take_key(ObserverConfig& observer, const char* key) {
  SortedJson own = SortedJson::parse(observer.own, nullptr, false);
  if (!own.is_object() || !own.contains(key)) return std::nullopt;
  SortedJson value = std::move(own[key]);
  own.erase(key);
  observer.own = own.dump();
  return value;
}

ConfigError wrong(const ObserverConfig& observer, const std::string& key, const std::string& expected,
                  const SortedJson& value) {
  const std::string pointer = "/" + key;
  std::string name = key;
  for (char& c : name) c = c == '/' ? '.' : c;
  return {place_of(observer, pointer), append_key("observers", observer.name) + "." + name,
          "expected " + expected + (value.is_null() ? "" : ", got " + value.dump())};
}

/// `of` gives the number that a text means; an integer 0 means none.
template <class Number, class Of>
void read_limit(const ObserverConfig& observer, const SortedJson& limits, const char* key, const char* expected,
          const Of& of, Number& into, std::vector<ConfigError>& errors) {
  const auto found = limits.find(key);
  if (found == limits.end()) return;
  std::optional<Number> number;
  if (found->is_string()) {
    number = of(found->get<std::string>());
  } else if (*found == 0) {
    number = 0;
  }
  if (number) {
    into = *number;
  } else {
    errors.push_back(wrong(observer, std::string("limits/") + key, expected, *found));
  }
}

}  // namespace

std::string take_interpreter(ObserverConfig& observer, std::vector<ConfigError>& errors) {
  const std::optional<SortedJson> value = take_key(observer, "python");
  if (!value) return "python3";
  if (value->is_string() && !value->get<std::string>().empty()) {
    const std::string program = value->get<std::string>();
    const bool is_path = program.find('/') != std::string::npos;
    return is_path && observer.in_file.contains("/python") ? path_from(observer.folder, program, observer.home)
                                                             : program;
  }
  errors.push_back(wrong(observer, "python", "a Python interpreter, such as \"python3\"", *value));
  return "python3";
}

void take_limits(ObserverConfig& observer, const char* schema, bool apart, IsolationPlan& plan,
                 std::vector<ConfigError>& errors) {
  if (schema != nullptr && *schema != '\0') {
    const Result<Schema> read = Schema::parse(schema);
    if (!read || read->has_property("limits")) return;
  }
  const std::optional<SortedJson> limits = take_key(observer, "limits");
  if (!limits) return;
  if (!limits->is_object()) {
    errors.push_back(wrong(observer, "limits", "a table such as { memory = \"1GiB\", batch = \"30s\" }", *limits));
    return;
  }
  if (!apart) {
    errors.push_back(wrong(observer, "limits",
                           "isolation = \"process\" beside it: only a process of its own has limits", SortedJson()));
    return;
  }
  const std::vector<std::string> known = {"memory", "batch"};
  for (const auto& [key, value] : limits->items()) {
    if (key == known[0] || key == known[1]) continue;
    errors.push_back({place_of(observer, "/limits/" + key),
                      append_key("observers", observer.name) + ".limits." + key,
                      "unknown key" + did_you_mean(key, known)});
  }
  read_limit(observer, *limits, "memory", "a size such as \"1GiB\", or 0 for no limit", parse_size, plan.memory, errors);
  read_limit(observer, *limits, "batch", "a duration such as \"30s\", or 0 for no limit", parse_duration_ns, plan.call_ns,
       errors);
}

}  // namespace mlmon
