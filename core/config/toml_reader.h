#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// Where a value was given: in the configuration file (source 0) or by the n-th `--set` (source n).
struct Place {
  std::uint32_t source = 0;
  std::uint32_t line = 0;  // from 1

  friend auto operator<=>(const Place&, const Place&) = default;
};

struct TomlMember;

/// A value of a TOML document. Dates and times are strings as RFC 3339 writes them; numbers may be
/// inf and nan. Members of a table stand in the order of their first appearance in the document,
/// which is also where their key's place is.
struct TomlValue {
  using Array = std::vector<TomlValue>;
  using Table = std::vector<TomlMember>;

  std::variant<bool, std::int64_t, double, std::string, Array, Table> data;
  Place place;
  bool secret = false;  // it came from the environment or a secret's file: never to be shown
  bool broken = false;  // an error was told about it: not to be read any further

  const bool* boolean() const { return std::get_if<bool>(&data); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data); }
  const double* real() const { return std::get_if<double>(&data); }
  const std::string* string() const { return std::get_if<std::string>(&data); }
  const Array* array() const { return std::get_if<Array>(&data); }
  const Table* table() const { return std::get_if<Table>(&data); }
  Table* table() { return std::get_if<Table>(&data); }

  /// The member of that name, or null. REQUIRES: a table.
  TomlValue* find(std::string_view key);
  const TomlValue* find(std::string_view key) const;
};

struct TomlMember {
  std::string key;
  Place place;
  TomlValue value;
};

/// Reads a document. `source` goes into the places. The error is `NAME:LINE:COLUMN: what`, of the
/// first mistake. Refused are also keys of more than 16 parts and values nested more than 64 deep.
Result<TomlValue> parse_toml(std::string_view text, const std::string& name, std::uint32_t source);

/// Reads a dotted key: `a."b c".d` has three parts.
Result<std::vector<std::string>> parse_toml_key(std::string_view text);

/// A longer key for people: `a."b c"` (a part of more than 60 bytes is cut), `a[0]`.
std::string append_key(const std::string& path, std::string_view key);
std::string append_index(const std::string& path, std::size_t index);

}  // namespace mlmon
