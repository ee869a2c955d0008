#pragma once

#include <memory>
#include <mlmon/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "plugins/template/template.h"

namespace mlmon::templates {

/// A table (or list) of a configuration of which each string is a template: `conf`, `inputs`,
/// `variables`. Names of members are taken as they are.
class JsonTemplate {
 public:
  JsonTemplate() = default;  // {}

  /// Throws config_error that names the place of the string.
  JsonTemplate(const Json& value, const std::vector<Name>& names);

  /// As JSON. Values stand only within strings.
  std::string expand(const Lookup& lookup) const;

  /// The members of a table as texts, strings without their quotes: for forms and parameters.
  std::vector<std::pair<std::string, std::string>> expand_texts(const Lookup& lookup) const;

  bool has(std::string_view name) const;
  bool empty() const { return items_.empty(); }

 private:
  enum class Type : unsigned char { text, object, array, other };

  std::string as_text(const Lookup& lookup) const;

  Type type_ = Type::object;
  Template text_;
  std::string other_;               // a number, true, false or null
  std::vector<std::string> names_;  // of an object
  std::vector<JsonTemplate> items_;
};

}  // namespace mlmon::templates
