#pragma once

#include <optional>
#include <string>

#include "plugins/template/json_template.h"
#include "plugins/template/template.h"

namespace mlmon::templates {

/// The text with what is not UTF-8 replaced: so the host gives it.
std::string as_utf8(const std::string& text);

// Texts taken for templates, and what is wrong with what comes of them, an action being JSON; empty: nothing.

/// By itself and as the strings of a table, which must be of one mind.
class TemplateTrial {
 public:
  explicit TemplateTrial(const std::string& utf8);

  bool taken() const { return plain_.has_value(); }
  std::string broken_promise() const;

  // REQUIRES: taken().
  std::string expand(const std::string& action) const;
  std::string broken_promise(const std::string& action) const;

 private:
  std::optional<Template> plain_;
  std::optional<JsonTemplate> in_table_;
  std::string complaint_;
};

/// That is to be JSON.
class JsonTextTrial {
 public:
  explicit JsonTextTrial(const std::string& utf8);

  bool taken() const { return made_.has_value(); }

  // REQUIRES: taken().
  std::string broken_promise(const std::string& action) const;

 private:
  std::optional<Template> made_;
};

}  // namespace mlmon::templates
