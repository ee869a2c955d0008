#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/conformance/check.h"
#include "cli/conformance/plugin_schema.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

/// The schema without what it says of defaults.
SortedJson without_defaults(SortedJson schema) {
  if (!schema.is_object()) return schema;
  schema.erase("default");
  for (const char* one : {"items", "additionalProperties"}) {
    if (schema.contains(one)) schema[one] = without_defaults(schema[one]);
  }
  for (const char* several : {"properties", "oneOf", "anyOf"}) {
    if (!schema.contains(several)) continue;
    for (SortedJson& part : schema[several]) part = without_defaults(part);
  }
  return schema;
}

SortedJson parsed(const Subject& subject) {
  const char* text = subject.item->about.config_schema;
  return text != nullptr ? SortedJson::parse(text, nullptr, false) : SortedJson::object();
}

Verdict subset(const Subject& subject) {
  if (subject.item->about.config_schema == nullptr) return Verdict::ok("no keys of its own");
  const SortedJson schema = parsed(subject);
  if (schema.is_discarded()) return Verdict::failed("it is not JSON");
  const Result<Schema> read = Schema::parse(without_defaults(schema).dump());
  return Verdict::unless(read ? "" : read.error().text);
}

Verdict defaults(const Subject& subject) {
  const Result<Schema> read = schema_of(*subject.item);
  return Verdict::unless(read ? "" : read.error().text);
}

Verdict configuration(const Subject& subject) {
  const std::string mistake = mistake_in(*schema_of(*subject.item), subject.own);
  if (mistake.empty()) return Verdict::ok();
  return Verdict::skipped(mistake + " (give it with --set KEY=VALUE or -c FILE)");
}

Verdict closed(const Subject& subject) {
  const SortedJson schema = parsed(subject);
  if (subject.item->about.config_schema == nullptr) return Verdict::ok();
  if (schema.value("additionalProperties", SortedJson()) == SortedJson(false)) return Verdict::ok();
  return Verdict::warning(
      "unknown keys are taken: a mistyped one does nothing (additionalProperties false)");
}

}  // namespace

std::vector<Check> schema_checks() {
  using enum Check::About;
  return {
      {"schema.subset", "the schema has only what the SDK documents", kClass, subset},
      {"schema.defaults", "its defaults are valid by it", kClass, defaults, {"schema.subset"}},
      {"schema.configuration",
       "the defaults, or what was given, are a configuration",
       kClass,
       configuration,
       {"schema.subset", "schema.defaults"}},
      {"schema.closed", "unknown keys are refused", kClass, closed, {"schema.subset"}},
  };
}

}  // namespace mlmon
