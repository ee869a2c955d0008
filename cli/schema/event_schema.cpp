#include <nlohmann/json.hpp>
#include <string>

#include "cli/schema/schema.h"
#include "core/event/event.h"
#include "core/event/event_members.h"
#include "core/event/event_types.h"
#include "core/event/number_rules.h"

namespace mlmon {
namespace {

using Json = SchemaJson;

// Patterns end in kEnd: `$` would take a newline after the text in some languages.
constexpr const char* kEnd = "(?![\\s\\S])";
constexpr const char* kNoControl = "[\\u0000-\\u001f\\u007f]";  // in `not`

/// The days that there are, leap years included.
std::string date_pattern() {
  const std::string days = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|"
                           "02-(?:0[1-9]|1[0-9]|2[0-8])";
  const std::string leap = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29";
  return "(?:[0-9]{4}-(?:" + days + ")|" + leap + ")";
}

std::string time_pattern(bool lenient) {
  const std::string clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?";
  const std::string hour = "(?:[01][0-9]|2[0-3])";
  const std::string strict = "(?:[Zz]|[+-]" + hour + ":[0-5][0-9])";
  const std::string zone = lenient ? "(?:[Zz]|[+-]" + hour + "(?::?[0-5][0-9])?)?" : strict;
  return "^" + date_pattern() + (lenient ? "[Tt ]" : "[Tt]") + clock + zone + kEnd;
}

std::string semver_pattern() {  // https://semver.org
  const std::string number = "(?:0|[1-9][0-9]*)";
  const std::string identifier = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
  return "^" + number + "\\." + number + "\\." + number + "(?:-" + identifier + "(?:\\." + identifier + ")*)?" +
         "(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?" + kEnd;
}

Json plain_text(std::size_t most) {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", most}, {"not", {{"pattern", kNoControl}}}};
}

Json number(const NumberRule& rule) {
  return {{"type", "number"}, {"minimum", rule.least - rule.slack}, {"maximum", rule.most + rule.slack}};
}

/// null is absent.
Json optional(Json schema) {
  schema["type"] = Json::array({schema["type"], "null"});
  return schema;
}

Json object_of(const Json& members) {
  return {{"type", "object"}, {"additionalProperties", members}};
}

/// A member that is there and not null.
Json present(std::string_view name) {
  return {{"required", {name}}, {"properties", {{name, {{"not", {{"type", "null"}}}}}}}};
}

/// An object that holds something else than null.
Json holding(std::string_view name) {
  const Json filled = {{"type", "object"}, {"not", {{"additionalProperties", {{"type", "null"}}}}}};
  return {{"required", {name}}, {"properties", {{name, filled}}}};
}

Json feature_schema() {
  Json feature = {{"type", "object"}, {"properties", Json::object()}, {"anyOf", Json::array()}};
  for (const auto& [field, rule] : {std::pair(Field::kPValue, kFractionRule), {Field::kMagnitude, kEffectRule}}) {
    feature["properties"][std::string(name_of(field))] = optional(number(rule));
    feature["anyOf"].push_back(present(name_of(field)));
  }
  return feature;
}

class Members {
 public:
  explicit Members(const EventRules& rules) : rules_(rules) {}

  Json value(const EventMember& member, std::uint32_t kind) const;
  Json object(std::span<const EventMember> members, std::uint32_t kind) const;
  Json event(std::uint32_t kind) const;

 private:
  Json time() const {
    return {{"type", "string"}, {"format", "date-time"}, {"pattern", time_pattern(rules_.lenient_times)}};
  }

  const EventRules& rules_;
};

Json Members::value(const EventMember& member, std::uint32_t kind) const {
  switch (member.value) {
    case MemberValue::kType:
      return {{"const", kOwnTypes[kind - kMetrics]}};
    case MemberValue::kModel: return object(model_members(), kind);
    case MemberValue::kFraction: return number(kFractionRule);
    case MemberValue::kEffect: return number(kEffectRule);
    case MemberValue::kCount:
      return {{"type", "integer"}, {"minimum", 0}, {"maximum", std::numeric_limits<std::int64_t>::max()}};
    case MemberValue::kFigures: return object_of(optional(number(kFiniteRule)));
    case MemberValue::kFeatures: return object_of(optional(feature_schema()));
    case MemberValue::kText: return {{"type", "string"}};
    case MemberValue::kTexts: return object_of({{"type", {"string", "null"}}});
    case MemberValue::kName: return plain_text(kMaxNameBytes);
    case MemberValue::kVersion:
      if (rules_.any_version) return plain_text(kMaxVersionBytes);
      return {{"type", "string"}, {"pattern", semver_pattern()}};
    case MemberValue::kTime:
    case MemberValue::kEventTime: return time();
    case MemberValue::kJobStatus: return {{"enum", {"done", "failed", "cancelled"}}};
  }
  return Json::object();
}

Json Members::object(std::span<const EventMember> members, std::uint32_t kind) const {
  Json object = {{"type", "object"}, {"required", Json::array()}, {"properties", Json::object()}};
  for (const EventMember& member : members) {
    const std::string name(name_of(member.field));
    Json schema = value(member, kind);
    if (member.required) {
      object["required"].push_back(name);
    } else {
      schema = optional(std::move(schema));
    }
    schema["description"] = member.help;
    object["properties"][name] = std::move(schema);
  }
  return object;
}

Json Members::event(std::uint32_t kind) const {
  Json event = object(members_of(kind), kind);
  const FieldSet figures = figures_of(kind);
  for (const EventMember& member : members_of(kind)) {
    if (!figures.has(member.field)) continue;
    const bool is_object = member.value == MemberValue::kFigures || member.value == MemberValue::kFeatures;
    event["anyOf"].push_back(is_object ? holding(name_of(member.field)) : present(name_of(member.field)));
  }
  return event;
}

/// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
Json envelope_schema() {
  return {{"type", "object"},
          {"required", {"specversion", "id", "source", "type", "data"}},
          {"properties",
           {{"specversion", {{"const", "1.0"}}},
            {"id", {{"type", "string"}}},
            {"source", {{"type", "string"}}},
            {"type", {{"type", "string"}}},
            {"data", {{"$ref", "#/$defs/event"}}}}}};
}

Json one_of_types() {
  Json choice = {{"type", "object"},
                 {"required", {"type"}},
                 {"properties", {{"type", {{"enum", kOwnTypes}}}}},
                 {"allOf", Json::array()}};
  for (const std::string& type : kOwnTypes) {
    choice["allOf"].push_back({{"if", {{"properties", {{"type", {{"const", type}}}}}}},
                               {"then", {{"$ref", "#/$defs/" + type}}}});
  }
  return choice;
}

constexpr const char* kComment =
    "JSON Schema cannot say the following, by which a line that this schema takes is refused all the same: a "
    "known member that is there twice; bytes that are not UTF-8, surrogates without their other half, more than "
    "1,000 objects and arrays within each other, a line longer than [input] max_line; `samples` with a fraction "
    "or an exponent (1.0, 1e3); a name of at most 256 characters and more than 256 bytes; a time that in UTC is "
    "not within the years 0001 to 9999, an event's time that is not from 1677-09-21T00:12:43.145224192Z to "
    "2262-04-11T23:47:16.854775807Z, or further ahead than [input] max_ahead. And this schema refuses what a run "
    "may take: other types, if an observer subscribed to them.";

}  // namespace

SchemaJson event_schema(const EventRules& rules) {
  const Members members(rules);
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"$id", "urn:mlmon:event"},
          {"title", "An event for mlmon: one line of its input"},
          {"$comment", kComment},
          {"if", present("specversion")},
          {"then", {{"$ref", "#/$defs/envelope"}}},
          {"else", {{"$ref", "#/$defs/event"}}},
          {"$defs",
           {{"event", one_of_types()},
            {"metrics", members.event(kMetrics)},
            {"drift", members.event(kDrift)},
            {"job", members.event(kJob)},
            {"envelope", envelope_schema()}}}};
}

SchemaJson model_schema(const EventRules& rules) { return Members(rules).object(model_members(), kMetrics); }

SchemaJson time_schema() { return {{"type", "string"}, {"pattern", time_pattern(false)}}; }

SchemaJson count_schema() { return {{"type", "integer"}, {"minimum", 0}}; }

}  // namespace mlmon
