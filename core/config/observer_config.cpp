#include "core/config/observer_config.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/interpolation.h"
#include "core/config/toml_reader.h"

namespace mlmon {
namespace {

constexpr auto kNoPosition = std::string_view::npos;

/// Takes the first token off a pointer that is not empty: "/a~1b/c" gives "a/b" and leaves "/c".
std::string take_token(std::string_view& pointer) {
  const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
  std::string token;
  for (std::size_t i = 1; i < end; ++i) {
    const bool escape = pointer[i] == '~' && i + 1 < end;
    token += !escape ? pointer[i] : pointer[i + 1] == '1' ? '/' : '~';
    if (escape) ++i;
  }
  pointer.remove_prefix(end);
  return token;
}

/// The member or item of that name, or null.
nlohmann::json* step(nlohmann::json* from, const std::string& token) {
  if (!from) return nullptr;
  if (from->is_object()) {
    const auto member = from->find(token);
    return member == from->end() ? nullptr : &*member;
  }
  if (!from->is_array() || token.empty() || token.size() > 9) return nullptr;
  if (token.find_first_not_of("0123456789") != kNoPosition) return nullptr;
  const std::size_t index = std::stoul(token);
  return index < from->size() ? &(*from)[index] : nullptr;
}

nlohmann::json parsed_json(std::string_view json) {
  return nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

std::string ConfigError::to_string() const {
  const std::string set = "--set " + key;
  const bool named = !key.empty() && (place == set || place.starts_with(set + "="));
  std::string line = place;
  if (!key.empty() && !named) line += (line.empty() ? "" : ": ") + key;
  return line.empty() ? text : line + ": " + text;
}

std::string place_of(const ObserverConfig& observer, std::string_view pointer) {
  for (;;) {
    const auto found = observer.places.find(pointer);
    if (found != observer.places.end()) return found->second;
    const std::size_t slash = pointer.rfind('/');
    if (slash == kNoPosition) return "";
    pointer = pointer.substr(0, slash);
  }
}

std::string key_of(const ObserverConfig& observer, std::string_view pointer) {
  nlohmann::json own = parsed_json(observer.own);
  nlohmann::json* at = &own;
  std::string key = append_key("observers", observer.name);
  while (!pointer.empty()) {
    const std::string token = take_token(pointer);
    const bool item = at && at->is_array();
    key = item ? key + "[" + token + "]" : append_key(key, token);
    at = step(at, token);
  }
  return key;
}

ConfigError own_key_error(const ObserverConfig& observer, std::string_view pointer,
                          std::string text) {
  return {place_of(observer, pointer), key_of(observer, pointer), std::move(text)};
}

std::string with_paths(const ObserverConfig& observer, const std::string& own,
                       const std::set<std::string>& paths) {
  nlohmann::json value = nlohmann::json::parse(own, nullptr, false);
  for (const std::string& pointer : paths) {
    nlohmann::json& path = value[nlohmann::json::json_pointer(pointer)];
    const std::string& folder = observer.in_file.contains(pointer) ? observer.folder : "";
    path = path_from(folder, path.get<std::string>(), observer.home);
  }
  return value.is_discarded() ? own : value.dump();
}

std::string redact(std::string_view json, const std::set<std::string>& secrets) {
  nlohmann::json value = parsed_json(json);
  if (value.is_discarded()) return "***";
  for (const std::string& secret : secrets) {
    nlohmann::json* at = &value;
    std::string_view pointer = secret;
    while (at && !pointer.empty()) at = step(at, take_token(pointer));
    if (at) *at = "***";
  }
  return value.dump();
}

std::string append_pointer(std::string_view pointer, std::string_view key) {
  std::string longer(pointer);
  longer += '/';
  for (const char c : key) {
    if (c == '~') {
      longer += "~0";
    } else if (c == '/') {
      longer += "~1";
    } else {
      longer += c;
    }
  }
  return longer;
}

std::string append_pointer(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

}  // namespace mlmon
