#include "core/config/config_schema.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/observer_config.h"
#include "core/config/schema_check.h"
#include "core/config/schema_keywords.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

constexpr int kMaxJsonDepth = 128;

/// Reads JSON that is not nested too deep: what walks it later does so by recursion.
Result<SortedJson> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto check_depth = [&](int depth, SortedJson::parse_event_t, SortedJson&) {
    if (depth > kMaxJsonDepth) too_deep = true;
    return !too_deep;
  };
  try {
    SortedJson value = SortedJson::parse(text, check_depth);
    if (too_deep) {
      return Error{"expected JSON nested at most " + std::to_string(kMaxJsonDepth) + " deep"};
    }
    return value;
  } catch (const SortedJson::exception& error) {
    // Without the library's own number: "[json.exception.parse_error.101] parse error at ...".
    const std::string what = error.what();
    return Error{"expected JSON: " + what.substr(what.find("] ") + 2)};
  }
}

/// Checks the default of each schema within the schema.
Result<void> check_defaults(const SortedJson& schema, const std::string& pointer) {
  if (schema.contains("default")) {
    SortedJson value = schema["default"];
    const std::set<std::string> none_hidden;
    const std::vector<std::string> no_host_keys;
    SchemaCheck check(none_hidden, no_host_keys);
    check.run(schema, value);
    if (!check.mistakes().empty()) {
      const Schema::Mistake& first = check.mistakes().front();
      return Error{first.text}.in(pointer + "/default" + first.pointer);
    }
  }
  for (const auto& [keyword, value] : schema.items()) {
    const std::string place = append_pointer(pointer, keyword);
    if (keyword == "items" || (keyword == "additionalProperties" && value.is_object())) {
      if (auto inner = check_defaults(value, place); !inner) return inner;
    }
    if (keyword != "properties" && keyword != "oneOf" && keyword != "anyOf") continue;
    for (const auto& [name, inner_schema] : value.items()) {
      auto inner = check_defaults(inner_schema, append_pointer(place, name));
      if (!inner) return inner;
    }
  }
  return {};
}

}  // namespace

struct Schema::Document {
  SortedJson schema;
};

Schema::Schema(std::unique_ptr<const Document> document) : document_(std::move(document)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema> Schema::parse(std::string_view text) {
  auto schema = parse_json(text);
  if (!schema) return schema.error().in("schema");
  if (auto keywords = check_keywords(*schema, ""); !keywords) return keywords.error().in("schema");
  if (auto defaults = check_defaults(*schema, ""); !defaults) return defaults.error().in("schema");
  return Schema(std::make_unique<const Document>(Document{std::move(*schema)}));
}

Schema::Validation Schema::validate(std::string_view text, const std::set<std::string>& hidden,
                                    const std::vector<std::string>& host_keys) const {
  auto value = parse_json(text);
  if (!value) return {std::string(text), {{"", value.error().text}}, {}, {}};
  SchemaCheck check(hidden, host_keys);
  check.run(document_->schema, *value);
  return {value->dump(), check.mistakes(), check.secrets(), check.paths()};
}

bool Schema::has_property(std::string_view name) const {
  const auto properties = document_->schema.find("properties");
  return properties != document_->schema.end() && properties->contains(name);
}

}  // namespace mlmon
