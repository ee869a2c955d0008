#include "core/config/config_override.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mlmon {
namespace {

constexpr std::string_view kObserverHostKeys[] = {"plugin",   "enabled",  "models",   "types",
                                          "overflow", "capacity", "isolation"};

/// Where the `=` behind the key stands; one in a quoted part of the key is not it.
std::size_t find_equals(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (quote) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '=') {
      return i;
    }
  }
  return text.npos;
}

bool may_show_value(const std::vector<std::string>& key) {
  if (key.front() != "observers") return true;
  return key.size() == 3 && is_host_key(key[2]);
}

std::string quoting_hint(const std::string& text, std::size_t equals, bool show) {
  const std::string value = show ? text.substr(equals + 1) : "VALUE";
  if (value.find_first_of("\"'\\\n") != value.npos) return "";
  return " (text needs quotes: --set '" + text.substr(0, equals) + "=\"" + value + "\"')";
}

/// The TOML value in the text, if there is one and nothing else.
std::optional<TomlValue> parse_value(const std::string& text, std::uint32_t number) {
  auto document = parse_toml("value = " + text, "value", number);
  if (!document) return std::nullopt;
  if (document->table()->size() != 1) return std::nullopt;
  return std::move(document->table()->front().value);
}

}  // namespace

bool is_host_key(std::string_view key) {
  return std::find(std::begin(kObserverHostKeys), std::end(kObserverHostKeys), key) != std::end(kObserverHostKeys);
}

std::string override_label(const std::string& text) {
  const std::size_t equals = find_equals(text);
  const auto key = parse_toml_key(std::string_view(text).substr(0, equals));
  const bool show = key && may_show_value(*key);
  return "--set " + (show ? text : text.substr(0, std::min(equals, text.find('='))));
}

Result<Override> parse_override(const std::string& text, std::uint32_t number) {
  const std::size_t equals = find_equals(text);
  if (equals == text.npos) return Error{"expected KEY=VALUE, got no ="};
  auto key = parse_toml_key(std::string_view(text).substr(0, equals));
  if (!key) return Error{"expected a dotted key before the =, such as bus.capacity"};
  auto value = parse_value(text.substr(equals + 1), number);
  if (!value) {
    const bool show = may_show_value(*key);
    return Error{"expected a value in TOML's syntax" + quoting_hint(text, equals, show)};
  }
  return Override{std::move(*key), std::move(*value)};
}

Result<void> apply(Override change, TomlValue& document) {
  TomlValue* at = &document;
  std::string path;
  for (const std::string& part : change.key) {
    if (!at->table()) {
      return Error{"expected " + path +
                   " to be a table, got something else (--set can replace it)"};
    }
    path = append_key(path, part);
    TomlValue* next = at->find(part);
    if (!next) {
      TomlValue::Table& members = *at->table();
      members.push_back({part, change.value.place, {TomlValue::Table{}, change.value.place}});
      next = &members.back().value;
    }
    at = next;
  }
  *at = std::move(change.value);
  return {};
}

}  // namespace mlmon
