#include <nlohmann/json.hpp>

#include "cli/schema/schema.h"

namespace mlmon {
namespace {

using Json = SchemaJson;

Json text() { return {{"type", "string"}}; }

/// What stands in each line, whatever was decided.
Json common_members() {
  EventRules any;
  any.any_version = true;
  const Json figure = {{"type", "number"}};
  return {{"observer", text()},
          {"rule", text()},
          {"model", model_schema(any)},
          {"reason", text()},
          {"metric", text()},
          {"value", figure},
          {"threshold", figure},
          {"baseline", figure},
          {"p_value", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
          {"magnitude", {{"type", "number"}, {"minimum", 0}}},
          {"labels", {{"type", "object"}, {"additionalProperties", text()}}},
          {"event_time", time_schema()},
          {"source", text()},
          {"line", count_schema()},
          {"offset", count_schema()}};
}

Json decided() {
  Json members = {{"action", {{"type", "string"}, {"pattern", "^[a-z0-9_]+$"}}},
                  {"id", {{"type", "string"}, {"pattern", "^[0-9A-Z]{26}$"}}},
                  {"state", text()},
                  {"severity", {{"enum", {"info", "warning", "critical"}}}},
                  {"subject", text()},
                  {"body", text()}};
  members.update(common_members());
  return {{"required", {"action", "id", "observer", "rule", "model", "event_time", "source", "line", "offset"}},
          {"properties", std::move(members)}};
}

Json suppressed() {
  Json members = {{"action", {{"const", "suppressed"}}}, {"of", text()}, {"why", text()}, {"until", time_schema()}};
  members.update(common_members());
  return {{"required", {"action", "of", "why", "observer", "rule", "model", "event_time", "source", "line", "offset"}},
          {"properties", std::move(members)},
          {"not", {{"required", {"id"}}}}};
}

Json when(const char* action, Json then) {
  return {{"if", {{"properties", {{"action", {{"const", action}}}}}, {"required", {"action"}}}},
          {"then", std::move(then)}};
}

}  // namespace

SchemaJson action_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"$id", "urn:mlmon:action"},
                 {"title", "An action of mlmon: one line of its output"},
                 {"$comment", "Actions of other plugins have a type, a state and members of their own beside these. "
                              "`id` is unique, and actions sort by it as their events by time."},
                 {"type", "object"},
                 {"required", {"action"}}};
  schema.update(when("suppressed", {{"$ref", "#/$defs/suppressed"}}));
  schema["else"] = {{"$ref", "#/$defs/decided"}};
  const Json alert = {{"required", {"state", "severity", "subject", "body"}},
                      {"properties", {{"state", {{"enum", {"firing", "resolved", "flapping"}}}}}}};
  schema["allOf"] = {when("retrain", {{"required", {"reason"}}}), when("alert", alert)};
  schema["$defs"] = {{"decided", decided()}, {"suppressed", suppressed()}};
  return schema;
}

}  // namespace mlmon
