#include "core/config/table_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text/quantity.h"
#include "core/text/suggest.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

/// RFC 6901, but for the pointer to the whole.
bool is_pointer(const std::string& text) {
  constexpr std::size_t kMostTokens = 64;  // as projections have
  for (std::size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (next != '0' && next != '1') return false;
  }
  return text.starts_with('/') && std::count(text.begin(), text.end(), '/') <= static_cast<std::ptrdiff_t>(kMostTokens);
}

}  // namespace

TableReader::TableReader(const TomlValue* table, std::string path, ConfigProblems& problems)
    : table_(table), path_(std::move(path)), problems_(problems) {}

const TomlValue* TableReader::take(const std::string& key) {
  known_.push_back(key);
  if (!table_) return nullptr;
  const TomlValue* value = table_->find(key);
  return value && !value->broken ? value : nullptr;
}

void TableReader::expected(const TomlValue& value, const std::string& key,
                           const std::string& what) {
  problems_.add(value.place, key, "expected " + what + ", got " + shown(value));
}

std::optional<bool> TableReader::boolean(const std::string& key) {
  const TomlValue* value = take(key);
  if (!value) return std::nullopt;
  if (const bool* boolean = value->boolean()) return *boolean;
  expected(*value, append_key(path_, key), "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::integer(const std::string& key, std::int64_t low,
                                                 std::int64_t high) {
  const TomlValue* value = take(key);
  if (!value) return std::nullopt;
  const std::int64_t* integer = value->integer();
  if (integer && *integer >= low && *integer <= high) return *integer;
  expected(*value, append_key(path_, key),
           "an integer in [" + std::to_string(low) + ", " + std::to_string(high) + "]");
  return std::nullopt;
}

std::optional<std::string> TableReader::choice(const std::string& key,
                                               const std::vector<std::string>& names) {
  const TomlValue* value = take(key);
  if (!value) return std::nullopt;
  const std::string* text = value->string();
  if (text && std::find(names.begin(), names.end(), *text) != names.end()) return *text;
  const std::string hint = text && !value->secret ? did_you_mean(*text, names) : "";
  problems_.add(value->place, append_key(path_, key),
                "expected " + one_of_quoted(names) + ", got " + shown(*value) + hint);
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::size(const std::string& key, std::uint64_t low,
                                               std::uint64_t high, const std::string& example) {
  const TomlValue* value = take(key);
  if (!value) return std::nullopt;
  std::optional<std::uint64_t> bytes;
  if (const std::string* text = value->string()) bytes = parse_size(*text);
  if (const std::int64_t* integer = value->integer(); integer && *integer >= 0) {
    bytes = static_cast<std::uint64_t>(*integer);
  }
  if (bytes && *bytes >= low && *bytes <= high) return bytes;
  expected(*value, append_key(path_, key),
           "a size in [" + format_size(low) + ", " + format_size(high) + "], such as \"" + example +
               "\"");
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::duration(const std::string& key, std::int64_t low_ns,
                                                  std::int64_t high_ns,
                                                  const std::string& example) {
  const TomlValue* value = take(key);
  if (!value) return std::nullopt;
  std::optional<std::int64_t> ns;
  if (const std::string* text = value->string()) ns = parse_duration_ns(*text);
  if (ns && *ns >= low_ns && *ns <= high_ns) return ns;
  expected(*value, append_key(path_, key),
           "a duration in [" + format_duration(low_ns) + ", " + format_duration(high_ns) +
               "], such as \"" + example + "\"");
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::duration_or_none(const std::string& key,
                                                          const std::string& example) {
  const TomlValue* value = take(key);
  if (!value) return std::nullopt;
  const std::string* text = value->string();
  if (text && text->empty()) return 0;
  const auto ns = text ? parse_duration_ns(*text) : std::nullopt;
  if (!ns) {
    expected(*value, append_key(path_, key),
             "a duration such as \"" + example + "\", or \"\" for none");
  }
  return ns;
}

std::optional<std::vector<std::string>> TableReader::pointers(const std::string& key) {
  const auto given = texts(key, "a JSON pointer");
  if (!given) return std::nullopt;
  std::vector<std::string> pointers;
  for (const Text& text : *given) {
    if (is_pointer(text.text)) {
      pointers.push_back(text.text);
    } else {
      problems_.add(text.place, append_key(path_, key),
                    "expected a JSON pointer such as \"/log\", got " + (text.secret ? "(hidden)" : in_quotes(text.text)));
    }
  }
  return pointers;
}

bool TableReader::is_text(const TomlValue& value, const std::string& key, const std::string& what,
                          bool may_be_empty) {
  const std::string* text = value.string();
  if (text && (may_be_empty || !text->empty()) && text->find('\0') == text->npos) return true;
  expected(value, key, what);
  return false;
}

std::optional<TableReader::Text> TableReader::text(const std::string& key, const std::string& what,
                                                   bool may_be_empty) {
  const TomlValue* value = take(key);
  if (!value || !is_text(*value, append_key(path_, key), what, may_be_empty)) return std::nullopt;
  return Text{*value->string(), value->place, value->secret};
}

std::optional<std::vector<TableReader::Text>> TableReader::texts(const std::string& key,
                                                                 const std::string& what) {
  const TomlValue* value = take(key);
  if (!value) return std::nullopt;
  const std::string path = append_key(path_, key);
  if (!value->array()) {
    expected(*value, path, "an array of strings");
    return std::nullopt;
  }
  std::vector<Text> texts;
  for (std::size_t i = 0; i < value->array()->size(); ++i) {
    const TomlValue& item = (*value->array())[i];
    if (item.broken || !is_text(item, append_index(path, i), what, false)) continue;
    texts.push_back({*item.string(), item.place, item.secret});
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> TableReader::settings(const std::string& key) {
  std::vector<std::pair<std::string, std::string>> settings;
  if (const TomlValue* value = table(key)) add_settings(*value, append_key(path_, key), "", settings);
  return settings;
}

void TableReader::add_settings(const TomlValue& table, const std::string& path, const std::string& name,
                               std::vector<std::pair<std::string, std::string>>& settings) {
  for (const TomlMember& member : *table.table()) {
    const std::string key = append_key(path, member.key);
    const std::string whole = name.empty() ? member.key : name + "." + member.key;
    const TomlValue& value = member.value;
    if (value.broken) continue;
    if (value.table()) {
      add_settings(value, key, whole, settings);
    } else if (const std::int64_t* integer = value.integer()) {
      settings.emplace_back(whole, std::to_string(*integer));
    } else if (const bool* boolean = value.boolean()) {
      settings.emplace_back(whole, *boolean ? "true" : "false");
    } else if (value.string() && is_text(value, key, "text without NUL", true)) {
      settings.emplace_back(whole, *value.string());
    } else if (!value.string()) {
      expected(value, key, "text, an integer, true or false");
    }
  }
}

const TomlValue* TableReader::table(const std::string& key) {
  const TomlValue* value = take(key);
  if (!value || value->table()) return value;
  expected(*value, append_key(path_, key), "a table");
  return nullptr;
}

void TableReader::unknown(const TomlMember& member, const std::string& hint) {
  // A key in a table from --set is called after the --set, not after the line inside of its value.
  const Place& place = member.value.place.source > 0 ? member.value.place : member.place;
  problems_.add(place, append_key(path_, member.key),
                "unknown key " + in_quotes(member.key) + hint);
}

void TableReader::refuse_reserved(const std::string& key) {
  if (!table_) return;
  for (const TomlMember& member : *table_->table()) {
    if (member.key == key) unknown(member, " (reserved: this version of mlmon does not have it)");
  }
}

void TableReader::refuse_others(const std::vector<std::string>& reserved) {
  if (!table_) return;
  for (const std::string& key : reserved) refuse_reserved(key);
  known_.insert(known_.end(), reserved.begin(), reserved.end());
  const std::vector<std::string> offered(known_.begin(), known_.end() - std::ssize(reserved));
  for (const TomlMember& member : *table_->table()) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    const std::string hint = did_you_mean(member.key, offered);
    unknown(member, hint.empty() ? ", expected " + one_of_quoted(offered) : hint);
  }
}

std::string shown(const TomlValue& value) {
  if (value.secret) return "(hidden)";
  if (const std::string* text = value.string()) return in_quotes(*text);
  if (const bool* boolean = value.boolean()) return *boolean ? "true" : "false";
  if (const std::int64_t* integer = value.integer()) return std::to_string(*integer);
  if (const double* real = value.real()) return nlohmann::json(*real).dump();
  return value.table() ? "a table" : "an array";
}

}  // namespace mlmon
