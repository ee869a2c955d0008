#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config_problems.h"
#include "core/config/toml_reader.h"

namespace mlmon {

/// Reads the host's keys of one table. Each function takes one key; what is absent gives nothing,
/// and what is wrong gives nothing and is told to the problems, as `expected ..., got ...`.
class TableReader {
 public:
  /// A null table has no keys. Everything given must outlive the reader; `path` is the table's key.
  TableReader(const TomlValue* table, std::string path, ConfigProblems& problems);

  std::optional<bool> boolean(const std::string& key);
  std::optional<std::int64_t> integer(const std::string& key, std::int64_t low, std::int64_t high);
  std::optional<std::string> choice(const std::string& key, const std::vector<std::string>& names);
  std::optional<std::uint64_t> size(const std::string& key, std::uint64_t low, std::uint64_t high,
                                    const std::string& example);
  std::optional<std::int64_t> duration(const std::string& key, std::int64_t low_ns,
                                       std::int64_t high_ns, const std::string& example);

  /// A duration; 0: the text is empty, or no time.
  std::optional<std::int64_t> duration_or_none(const std::string& key, const std::string& example);

  /// JSON pointers (RFC 6901) to members.
  std::optional<std::vector<std::string>> pointers(const std::string& key);

  struct Text {
    std::string text;
    Place place;
    bool secret = false;  // not to be shown
  };
  /// Text without NUL. `what` is told if it is something else: "a path". Empty text is wrong unless
  /// `may_be_empty`.
  std::optional<Text> text(const std::string& key, const std::string& what, bool may_be_empty);
  std::optional<std::vector<Text>> texts(const std::string& key, const std::string& what);

  /// Settings of another program by their names: text, integers, true or false. A table within is a part of
  /// the name, so that `sasl.mechanism = "PLAIN"` is what it looks like.
  std::vector<std::pair<std::string, std::string>> settings(const std::string& key);

  /// The table of that key, or null.
  const TomlValue* table(const std::string& key);

  /// Tells of a key that only versions to come will have.
  void refuse_reserved(const std::string& key);

  /// Tells of each key that was not asked for. `reserved` are those of versions to come.
  void refuse_others(const std::vector<std::string>& reserved = {});

 private:
  void add_settings(const TomlValue& table, const std::string& path, const std::string& name,
                    std::vector<std::pair<std::string, std::string>>& settings);
  const TomlValue* take(const std::string& key);
  void unknown(const TomlMember& member, const std::string& hint);
  void expected(const TomlValue& value, const std::string& key, const std::string& what);
  bool is_text(const TomlValue& value, const std::string& key, const std::string& what,
               bool may_be_empty);

  const TomlValue* table_;
  std::string path_;
  ConfigProblems& problems_;
  std::vector<std::string> known_;
};

/// A value as errors show it: `"high"`, `3`, `a table`, or `(hidden)`.
std::string shown(const TomlValue& value);

}  // namespace mlmon
