#include <nlohmann/json.hpp>

#include "cli/schema/schema.h"

namespace mlmon {
namespace {

using Json = SchemaJson;

/// An object that has all of these members.
Json object_with(Json members) {
  Json required = Json::array();
  for (const auto& [name, schema] : members.items()) required.push_back(name);
  return {{"type", "object"}, {"required", std::move(required)}, {"properties", std::move(members)}};
}

Json array_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json source_schema() {
  Json schema = object_with({{"source", {{"type", "string"}}},
                      {"from_offset", count_schema()},
                      {"to_offset", count_schema()},
                      {"lines", count_schema()},
                      {"events", count_schema()},
                      {"bad", count_schema()},
                      {"empty", count_schema()},
                      {"foreign", count_schema()},
                      {"late", count_schema()},
                      {"bad_reasons", {{"type", "object"}, {"additionalProperties", count_schema()}}}});
  schema["properties"]["misplaced"] = count_schema();  // of partitions only
  return schema;
}

/// Of a class that could not be loaded no counts are given.
Json observer_schema() {
  Json schema = object_with({{"observer", {{"type", "string"}}}, {"status", {{"type", "string"}}}});
  for (const char* count : {"observed", "dropped", "actions", "suppressed", "emitted", "derived", "poisoned"}) {
    schema["properties"][count] = count_schema();
  }
  schema["properties"]["error"] = {{"type", "string"}};
  schema["properties"]["suppressed_by"] = {{"type", "object"}, {"additionalProperties", count_schema()}};
  schema["properties"]["counters"] = {{"type", "object"}, {"additionalProperties", count_schema()}};
  schema["properties"]["rules"] = array_of(object_with({{"rule", {{"type", "string"}}},
                                                        {"figures", count_schema()},
                                                        {"breaches", count_schema()},
                                                        {"actions", count_schema()}}));
  return schema;
}

Json actions_schema() {
  Json members = Json::object();
  for (const char* count : {"decided", "new", "already_known", "delivered", "queued", "waiting", "dead"}) {
    members[count] = count_schema();
  }
  return object_with(std::move(members));
}

Json model_receipt_schema() {
  const Json figure = {{"type", {"number", "null"}}};
  return object_with({{"name", {{"type", "string"}}},
                      {"version", {{"type", "string"}}},
                      {"metrics_events", count_schema()},
                      {"drift_events", count_schema()},
                      {"last_event", time_schema()},
                      {"f1_last", figure},
                      {"f1_min", figure}});
}

}  // namespace

SchemaJson receipt_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"$id", "urn:mlmon:receipt"},
                 {"title", "The account of a run of mlmon"},
                 {"$comment", "JSON Schema cannot say that the figures add up: of each source lines = events + bad + "
                              "empty + foreign (late ones are events), of each observer events subscribed = observed + dropped + poisoned, of the "
                              "actions decided = new + already_known and new = delivered + queued + waiting + dead."}};
  schema.update(object_with({{"receipt", {{"const", 1}}},
                             {"run_id", {{"type", "string"}}},
                             {"started_at", time_schema()},
                             {"ended_at", time_schema()},
                             {"exit_code", {{"type", "integer"}, {"minimum", 0}, {"maximum", 255}}},
                             {"sources", array_of(source_schema())},
                             {"observers", array_of(observer_schema())},
                             {"actions", actions_schema()},
                             {"models", array_of(model_receipt_schema())},
                             {"seconds", {{"type", "number"}, {"minimum", 0}}},
                             {"events_per_second", {{"type", "number"}, {"minimum", 0}}},
                             {"peak_rss_bytes", count_schema()}}));
  return schema;
}

}  // namespace mlmon
