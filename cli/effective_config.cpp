#include "cli/effective_config.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/config/config_keys.h"
#include "core/config/toml_reader.h"
#include "core/text/postgres_url.h"
#include "core/text/url_password.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDefault = "default";

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A place as this listing names it.
std::string origin(const std::string& place) {
  if (place.starts_with("--set")) return "--set";
  return place == "built-in defaults" || place.empty() ? kDefault : place;
}

/// With `***` in place of the passwords of URLs, in whatever text of the value they are.
Json without_passwords(Json value) {
  if (value.is_string()) return without_url_passwords(value.get_ref<const std::string&>());
  if (value.is_structured()) {
    for (Json& member : value) member = without_passwords(std::move(member));
  }
  return value;
}

class EffectiveValues {
 public:
  EffectiveValues(const Setup& setup, const StatePlace& state)
      : config_(setup.config), assembly_(setup.assembly), state_(state) {}

  std::vector<EffectiveValue> take() {
    for (const ConfigKey& key : config_keys()) {
      if (key.table != "observers.NAME") add_host_key(key);
    }
    add_others("", "observers.");
    for (const ObserverConfig& observer : config_.observers) add_observer(observer);
    return std::move(values_);
  }

 private:
  void add(std::string key, std::string json, std::string from, bool secret = false) {
    named_.insert(key);
    if (json.find("://") != std::string::npos) json = dump(without_passwords(Json::parse(json, nullptr, false)));
    values_.push_back({std::move(key), secret ? "null" : std::move(json), std::move(from), secret});
  }

  /// As given, else as standard. `effective`: what a given one came to, where that is another.
  void add_given(const std::string& key, std::string_view standard, const Json& effective = {}) {
    const auto given = config_.given.find(key);
    if (given == config_.given.end()) return add(key, std::string(standard), kDefault);
    add(key, effective.is_null() ? given->second.json : dump(effective),
        origin(given->second.place), given->second.secret);
  }

  void add_host_key(const ConfigKey& key) {
    const std::string name = append_key(std::string(key.table), key.name);
    const bool names_state = name == (is_postgres_url(state_.folder) ? "state.url" : "state.dir");
    if (name == "state.url" && !names_state) {
      const auto given = config_.given.find(name);
      return add_given(name, key.standard,
                       given == config_.given.end() ? Json() : Json(config_.state.url));
    }
    if (names_state) {
      const auto given = config_.given.find(name);
      const bool configured = state_.from.empty() && given != config_.given.end();
      return add(name, dump(state_.folder), configured ? origin(given->second.place) : state_.from,
                 configured && given->second.secret);
    }
    const auto within = config_.given.lower_bound(name + ".");
    if (within != config_.given.end() && within->first.starts_with(name + ".")) return;  // add_others() has them
    add_given(name, key.standard, name == "input.files" ? Json(config_.input.files) : Json());
  }

  /// What was given below `prefix` and has not been named yet: keys within tables.
  void add_others(const std::string& prefix, const std::string& but) {
    for (const auto& [key, given] : config_.given) {
      if (!key.starts_with(prefix) || named_.contains(key)) continue;
      if (!but.empty() && key.starts_with(but)) continue;
      add(key, given.json, origin(given.place), given.secret);
    }
  }

  void add_observer(const ObserverConfig& observer) {
    const std::string name = append_key("observers", observer.name);
    const AssembledObserver* assembled = nullptr;
    for (const AssembledObserver& one : assembly_.observers) {
      if (one.config.name == observer.name) assembled = &one;
    }
    for (const ConfigKey& key : config_keys()) {
      if (key.table == "observers.NAME") add_key_of(observer, assembled, key);
    }
    add_others(name + ".", "");
    const bool checked = assembled && assembled->library;
    observer_ = &observer;
    secrets_ = checked ? &assembled->secrets : &observer.secrets;
    Json own = Json::parse(checked ? assembled->own : observer.own, nullptr, false);
    if (named_.contains(append_key(name, "limits"))) own.erase("limits");
    add_own(name, "", own);
  }

  void add_key_of(const ObserverConfig& observer, const AssembledObserver* assembled,
                  const ConfigKey& key) {
    const std::string name = append_key(append_key("observers", observer.name), key.name);
    if (key.name == "plugin") return add_given(name, dump(observer.plugin), Json(observer.plugin));
    if (key.name == "types") {
      const Json types = assembled ? assembled->types : observer.types;
      return add_given(name, dump(types), types);
    }
    if (key.name == "limits") return add_limits(observer, assembled, name);
    const bool of_bus = key.name == "capacity" && !config_.given.contains(name);
    if (!of_bus) return add_given(name, key.standard.empty() ? "null" : key.standard);
    const auto given = config_.given.find("bus.capacity");
    add(name, std::to_string(observer.capacity),
        given == config_.given.end() ? kDefault : origin(given->second.place));
  }

  /// They stand among the plugin's own keys, which may have one of that name.
  void add_limits(const ObserverConfig& observer, const AssembledObserver* assembled, const std::string& name) {
    constexpr const char* kPointer = "/limits";
    if (assembled && Json::parse(assembled->own.empty() ? "{}" : assembled->own, nullptr, false).contains("limits")) return;
    const Json given = Json::parse(observer.own, nullptr, false);
    if (!given.contains("limits")) return add(name, "null", kDefault);
    add(name, dump(given["limits"]), origin(place_of(observer, kPointer)), observer.secrets.contains(kPointer));
  }

  /// There is a secret at the pointer, or within what it leads to.
  bool is_secret(const std::string& pointer) const {
    const auto within = secrets_->lower_bound(pointer + "/");
    return secrets_->contains(pointer) ||
           (within != secrets_->end() && within->starts_with(pointer + "/"));
  }

  void add_own(const std::string& key, const std::string& pointer, const Json& value) {
    const bool whole_secret = secrets_->contains(pointer);
    if (value.is_object() && !whole_secret && (!value.empty() || pointer.empty())) {
      for (const auto& [name, member] : value.items()) {
        add_own(append_key(key, name), append_pointer(pointer, name), member);
      }
      return;
    }
    if (value.is_array() && !whole_secret && !value.empty() && value.front().is_object()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        add_own(append_index(key, i), append_pointer(pointer, i), value[i]);
      }
      return;
    }
    const auto place = observer_->places.find(pointer);
    add(key, dump(value), place == observer_->places.end() ? kDefault : origin(place->second),
        is_secret(pointer));
  }

  const Config& config_;
  const Assembly& assembly_;
  const StatePlace& state_;
  const ObserverConfig* observer_ = nullptr;            // whose own keys are added
  const std::set<std::string>* secrets_ = nullptr;      // of that one
  std::set<std::string> named_;
  std::vector<EffectiveValue> values_;
};

}  // namespace

std::vector<EffectiveValue> effective_values(const Setup& setup, const StatePlace& state) {
  return EffectiveValues(setup, state).take();
}

}  // namespace mlmon
