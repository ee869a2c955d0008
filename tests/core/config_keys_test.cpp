#include "core/config/config_keys.h"

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/config/config.h"

using namespace mlmon;

namespace {

/// Nothing but a file named m.toml.
class OneFile final : public ConfigEnvironment {
 public:
  explicit OneFile(std::string text) : text_(std::move(text)) {}
  std::optional<std::string> variable(const std::string&) const override { return std::nullopt; }
  bool exists(const std::string& path) const override { return path == "m.toml"; }
  Result<FileText> read(const std::string&, std::size_t) const override {
    return FileText{text_, 0, 0644};
  }
  std::uint32_t user() const override { return 0; }

 private:
  const std::string text_;
};

std::string first_error(const std::string& text) {
  const ConfigLoad load = load_config({"m.toml", false, {}}, OneFile(text));
  return load.errors.empty() ? "" : load.errors.front().text;
}

std::string table_of(const ConfigKey& key) {
  return key.table == "observers.NAME" ? "observers.alert" : std::string(key.table);
}

}  // namespace

TEST_CASE("the configuration takes the default of each key") {
  for (const ConfigKey& key : config_keys()) {
    INFO(key.name);
    CHECK(nlohmann::json::parse(key.schema).is_object());
    CHECK_FALSE(key.meaning.empty());
    if (key.standard.empty()) continue;
    CHECK(first_error("[" + table_of(key) + "]\n" + std::string(key.name) + " = " +
                      std::string(key.standard) + "\n") == "");
  }
}

TEST_CASE("the list has each key that the configuration takes") {
  std::map<std::string, std::set<std::string>> listed;
  for (const ConfigKey& key : config_keys()) {
    if (key.table != "observers.NAME") listed[std::string(key.table)].insert(std::string(key.name));
  }
  // A table within another one is one of its keys, too.
  for (const auto& [table, names] : std::map(listed)) {
    const std::size_t dot = table.rfind('.');
    if (dot != std::string::npos) listed[table.substr(0, dot)].insert(table.substr(dot + 1));
  }
  for (const auto& [table, names] : listed) {
    // The error lists what would have been taken: `expected "dir" or "url"`.
    const std::string error = first_error("[" + table + "]\nzzzzzzzzzzzzzz = 1\n");
    INFO(error);
    std::set<std::string> taken;
    for (std::size_t at = error.find("expected "); at != std::string::npos;) {
      const std::size_t begin = error.find('"', at), end = error.find('"', begin + 1);
      if (begin == std::string::npos || end == std::string::npos) break;
      taken.insert(error.substr(begin + 1, end - begin - 1));
      at = end + 1;
    }
    CHECK(taken == names);
  }
}
