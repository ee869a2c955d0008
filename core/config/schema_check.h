#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/config/config_schema.h"

namespace mlmon {

/// Checks a value against a schema and fills in defaults. One object a value.
/// REQUIRES everywhere: check_keywords() accepted the schema.
class SchemaCheck {
 public:
  /// As Schema::validate() has them; they must outlive the check.
  SchemaCheck(const std::set<std::string>& hidden, const std::vector<std::string>& host_keys);

  void run(const nlohmann::json& schema, nlohmann::json& value) { check(schema, value, "", false); }

  const std::vector<Schema::Mistake>& mistakes() const { return mistakes_; }
  const std::set<std::string>& secrets() const { return secrets_; }
  const std::set<std::string>& paths() const { return paths_; }

 private:
  using Json = nlohmann::json;

  void check(const Json& schema, Json& value, const std::string& pointer, bool hidden);
  void note_path(const Json& schema, const Json& value, const std::string& pointer);
  void check_object(const Json& schema, Json& object, const std::string& pointer, bool hidden);
  void fill_in(const Json& properties, Json& object) const;
  void refuse_key(const Json& properties, const std::string& key, const std::string& pointer);
  void check_branches(const Json& schema, const char* keyword, Json& value,
                      const std::string& pointer, bool hidden);
  void explain(const Json& schema, const Json& branches, const Json& value,
               const std::string& pointer, bool hidden);
  bool explain_by_key(const std::vector<const Json*>& branches, const Json& value,
                      const std::string& pointer, bool hidden);
  void expected(const std::string& what, const Json& value, const std::string& pointer, bool hidden,
                const std::string& hint = "");
  void missing(const std::string& key, const std::string& what, const std::string& pointer);

  const std::set<std::string>& hidden_;
  const std::vector<std::string>& host_keys_;
  std::vector<Schema::Mistake> mistakes_;
  std::set<std::string> secrets_;
  std::set<std::string> paths_;
};

}  // namespace mlmon
