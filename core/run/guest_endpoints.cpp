#include "core/run/guest_endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "core/config/config_schema.h"
#include "core/config/interpolation.h"
#include "core/text/quantity.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

constexpr const char* kLists[] = {"receivers", "targets"};
const std::set<std::string> kEndpointHostKeys = {"name",    "type",  "plugin",     "models",   "severity",   "rules",
                                         "labels",  "retry", "rate_limit", "group_by", "group_wait", "fallback",
                                         "timeout"};

/// Reads the host's keys of one.
class GuestReader {
 public:
  GuestReader(const ObserverConfig& observer, const SortedJson& item, std::string pointer, std::vector<ConfigError>& errors)
      : observer_(observer), item_(item), errors_(errors) {
    guest_.pointer = std::move(pointer);
  }

  GuestEndpoint read() {
    guest_.plugin = text(item_, "plugin", "the path of a plugin, or its name");
    guest_.name = item_.contains("name") ? text(item_, "name", "a name") : "";
    if (item_.contains("models")) guest_.filter.models = GlobList(texts("models", "globs"));
    if (item_.contains("rules")) guest_.filter.rules = GlobList(texts("rules", "names of rules"));
    if (item_.contains("severity")) guest_.filter.severities = texts("severity", "severities");
    if (item_.contains("labels")) read_labels();
    read_treatment();
    read_grouping();
    if (item_.contains("fallback")) guest_.treatment.fallback = text(item_, "fallback", "the name of another one");
    SortedJson own = SortedJson::object();
    for (const auto& [key, value] : item_.items()) {
      if (!kEndpointHostKeys.contains(key)) own[key] = value;
    }
    guest_.own = own.dump();
    return std::move(guest_);
  }

 private:
  void wrong(const std::string& key, const std::string& expected) {
    errors_.push_back(own_key_error(observer_, guest_.pointer + "/" + key, "expected " + expected));
  }

  std::string text(const SortedJson& object, const char* key, const char* expected) {
    const auto found = object.find(key);
    if (found != object.end() && found->is_string() && !found->get<std::string>().empty()) {
      return found->get<std::string>();
    }
    wrong(key, expected);
    return "";
  }

  std::vector<std::string> texts(const char* key, const char* expected) {
    std::vector<std::string> all;
    const SortedJson& value = item_[key];
    for (const SortedJson& one : value.is_array() ? value : SortedJson::array({value})) {
      if (one.is_string()) {
        all.push_back(one.get<std::string>());
      } else {
        wrong(key, std::string("an array of ") + expected);
      }
    }
    return all;
  }

  void read_labels() {
    if (!item_["labels"].is_object()) return wrong("labels", "a table of texts");
    for (const auto& [name, value] : item_["labels"].items()) {
      if (!value.is_string()) return wrong("labels", "a table of texts");
      guest_.filter.labels.emplace_back(name, value.get<std::string>());
    }
  }

  void duration(const SortedJson& object, const char* key, const std::string& place, std::optional<std::int64_t>& into_ms) {
    if (!object.contains(key)) return;
    const std::string text = object[key].is_string() ? object[key].get<std::string>() : "";
    const std::int64_t ns = parse_duration_ns(text).value_or(0);
    if (ns > 0) {
      into_ms = ns / kNsPerMs;
    } else {
      wrong(place, "a duration above zero, such as \"30s\"");
    }
  }

  void read_treatment() {
    EndpointTreatment& treatment = guest_.treatment;
    duration(item_, "timeout", "timeout", treatment.timeout_ms);
    if (item_.contains("retry")) {
      const SortedJson& retry = item_["retry"];
      if (!retry.is_object()) return wrong("retry", "a table such as { initial = \"1s\", max = \"60s\", give_up = \"24h\" }");
      duration(retry, "initial", "retry/initial", treatment.retry_initial_ms);
      duration(retry, "max", "retry/max", treatment.retry_max_ms);
      duration(retry, "give_up", "retry/give_up", treatment.retry_give_up_ms);
    }
    if (item_.contains("rate_limit")) read_rate_limit();
  }

  void read_grouping() {
    EndpointTreatment& treatment = guest_.treatment;
    if (item_.contains("group_by")) {
      std::string members;
      for (const std::string& member : texts("group_by", "members, such as \"rule\" or \"labels.team\"")) {
        members += (members.empty() ? "" : "\n") + member;
      }
      treatment.group_by = GroupKey(members);
    }
    if (!item_.contains("group_wait")) return;
    const SortedJson& wait = item_["group_wait"];
    const auto ns = wait.is_string() ? parse_duration_ns(wait.get<std::string>()) : std::nullopt;
    if (!ns || *ns < 0) return wrong("group_wait", "a duration, such as \"30s\"");
    treatment.group_wait_ms = *ns / kNsPerMs;
  }

  /// "10/1m"
  void read_rate_limit() {
    const SortedJson& value = item_["rate_limit"];
    const std::string limit = value.is_string() ? value.get<std::string>() : "-";
    if (limit.empty()) return;
    const std::size_t slash = limit.find('/');
    const std::uint64_t count = parse_size(limit.substr(0, slash)).value_or(0);
    const std::string period = slash == limit.npos ? "" : limit.substr(slash + 1);
    const std::int64_t ns = parse_duration_ns(period).value_or(0);
    if (count == 0 || count > 1'000'000 || ns <= 0) {
      return wrong("rate_limit", "a number and a duration, such as \"10/1m\"");
    }
    guest_.treatment.rate_limit = static_cast<std::int64_t>(count);
    guest_.treatment.rate_period_ms = ns / kNsPerMs;
  }

  const ObserverConfig& observer_;
  const SortedJson& item_;
  std::vector<ConfigError>& errors_;
  GuestEndpoint guest_;
};

/// The keys of a guest by its schema, defaults filled in, paths as seen from here; nothing: they are wrong.
std::optional<std::string> valid_keys(const ObserverConfig& observer, const GuestEndpoint& guest,
                                      const PluginClass& item, std::vector<ConfigError>& errors) {
  const char* text = item.about.config_schema;
  const Result<Schema> schema = Schema::parse(text != nullptr ? text : R"({"type":"object","additionalProperties":false})");
  if (!schema) {
    errors.push_back(own_key_error(observer, guest.pointer + "/plugin", schema.error().text));
    return std::nullopt;
  }
  const Schema::Validation valid = schema->validate(guest.own);
  for (const Schema::Mistake& mistake : valid.mistakes) {
    errors.push_back(own_key_error(observer, guest.pointer + mistake.pointer, mistake.text));
  }
  if (!valid.ok()) return std::nullopt;
  SortedJson own = SortedJson::parse(valid.json);
  for (const std::string& pointer : valid.paths) {
    if (!observer.in_file.contains(guest.pointer + pointer)) continue;
    SortedJson& path = own[SortedJson::json_pointer(pointer)];
    path = path_from(observer.folder, path.get<std::string>(), observer.home);
  }
  return own.dump();
}

std::string plugin_path(const ObserverConfig& observer, const GuestEndpoint& guest) {
  const bool is_path = guest.plugin.find('/') != std::string::npos || guest.plugin.ends_with(".so");
  if (!is_path || !observer.in_file.contains(guest.pointer + "/plugin")) return guest.plugin;
  const std::string path = path_from(observer.folder, guest.plugin, observer.home);
  return path.find('/') == std::string::npos ? "./" + path : path;
}

/// Those of the observer's own endpoints that name a guest, of which its plugin knows nothing.
void take_fallbacks(SortedJson& own, Guests& guests) {
  for (const char* list : kLists) {
    const auto found = own.find(list);
    if (found == own.end() || !found->is_array()) continue;
    for (SortedJson& item : *found) {
      const SortedJson name = item.is_object() ? item.value("name", SortedJson()) : SortedJson();
      const SortedJson to = item.is_object() ? item.value("fallback", SortedJson()) : SortedJson();
      const auto is_it = [&](const GuestEndpoint& guest) { return to == guest.name; };
      if (!name.is_string() || std::none_of(guests.endpoints.begin(), guests.endpoints.end(), is_it)) continue;
      guests.fallbacks.emplace_back(name.get<std::string>(), to.get<std::string>());
      item.erase("fallback");
    }
  }
}

/// They must lead to another endpoint.
void check_fallbacks(const AssembledObserver& observer, const Guests& guests, std::vector<ConfigError>& errors) {
  const std::vector<Endpoint>& all = observer.router->endpoints();
  for (const GuestEndpoint& guest : guests.endpoints) {
    const auto& to = guest.treatment.fallback;
    if (!to || to->empty()) continue;
    const bool there = std::any_of(all.begin(), all.end(), [&](const Endpoint& one) { return one.name == *to; });
    if (there && *to != guest.name) continue;
    errors.push_back(own_key_error(observer.config, guest.pointer + "/fallback",
                                   fmt::format("expected the name of another one, got \"{}\"", *to)));
  }
}

}  // namespace

Guests take_guests(ObserverConfig& observer, std::vector<ConfigError>& errors) {
  Guests guests;
  SortedJson own = SortedJson::parse(observer.own, nullptr, false);
  if (!own.is_object()) return guests;
  for (const char* list : kLists) {
    const auto found = own.find(list);
    if (found == own.end() || !found->is_array()) continue;
    SortedJson rest = SortedJson::array();
    bool any = false;
    for (std::size_t i = 0; i < found->size(); ++i) {
      const SortedJson& item = (*found)[i];
      const SortedJson type = item.is_object() && item.contains("type") ? item["type"] : SortedJson();
      if (type != "plugin") {
        guests.queue_is_named |= type == "queue";
        rest.push_back(item);
        continue;
      }
      any = true;
      const std::string pointer = append_pointer(append_pointer("", list), i);
      guests.endpoints.push_back(GuestReader(observer, item, pointer, errors).read());
      if (guests.endpoints.back().name.empty()) guests.endpoints.back().name = "plugin" + std::to_string(i + 1);
    }
    if (!any) continue;
    guests.are_receivers = std::string_view(list) == "receivers";
    guests.nothing_else = rest.empty();
    *found = std::move(rest);
    if (guests.nothing_else) own.erase(list);
  }
  if (guests.endpoints.empty()) return guests;
  take_fallbacks(own, guests);
  observer.own = own.dump();
  return guests;
}

void join_guests(AssembledObserver& observer, const Guests& guests, const PluginFolders& folders,
                 const std::string& host_version, std::vector<ConfigError>& errors, LogSink& log) {
  if (guests.endpoints.empty() || !observer.router) return;
  observer.router->expect_guests(guests.nothing_else && guests.are_receivers, !guests.queue_is_named);
  const auto fail = [&](const std::string& why) {
    if (observer.failure.empty()) observer.failure = why;
    observer.library = nullptr;
  };
  for (const GuestEndpoint& guest : guests.endpoints) {
    const Result<std::string> path = find_plugin(plugin_path(observer.config, guest), folders);
    if (!path) {
      errors.push_back(own_key_error(observer.config, guest.pointer + "/plugin", path.error().text));
      continue;
    }
    if (const Result<void> trusted = check_plugin_file(*path); !trusted) {
      fail(trusted.error().text);
      continue;
    }
    auto library = PluginLibrary::load(*path, host_version);
    if (!library) {
      fail(library.error().text);
      continue;
    }
    if (!(*library)->classes().front().delivers()) {
      errors.push_back(own_key_error(observer.config, guest.pointer + "/plugin",
                                     "expected a plugin that delivers, got " + *path + ", which does not"));
      continue;
    }
    const auto own = valid_keys(observer.config, guest, (*library)->classes().front(), errors);
    if (!own) continue;
    bool bad_config = false;
    auto router = RouterHost::create(observer.config.name, *library, *own, log, bad_config);
    if (router) {
      const Result<void> joined = observer.router->add_guest(std::move(*router), guest.name, guest.filter, guest.treatment);
      if (!joined) errors.push_back(own_key_error(observer.config, guest.pointer, joined.error().text));
    } else if (bad_config) {
      errors.push_back(own_key_error(observer.config, guest.pointer, router.error().text));
    } else {
      fail(*path + ": " + router.error().text);
    }
  }
  for (const auto& [name, fallback] : guests.fallbacks) observer.router->set_fallback(name, fallback);
  if (errors.empty() && observer.failure.empty()) check_fallbacks(observer, guests, errors);
}

}  // namespace mlmon
