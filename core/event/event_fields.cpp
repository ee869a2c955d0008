#include "core/event/event_fields.h"

namespace mlmon {
namespace {

constexpr std::array<std::string_view, kFields> kFieldNames = {
    "type",       "model",      "captured_at", "detected_at", "at",
    "accuracy",   "precision",  "recall",      "f1",          "metrics",
    "p_value",    "magnitude",  "feature",     "features",    "samples",
    "labels",     "id",
    "job",        "status",     "note",
    "name",       "version",    "deployed_at",
    "specversion", "source",    "data",
};

}  // namespace

std::string_view name_of(Field field) { return kFieldNames[static_cast<std::size_t>(field)]; }

Field field_of(std::string_view name) {
  using enum Field;
  switch (name.size()) {  // with the length known, a literal is compared in a few machine words
    case 2:
      if (name == "f1") return kF1;
      if (name == "id") return kId;
      if (name == "at") return kAt;
      break;
    case 3:
      if (name == "job") return kJobId;
      break;
    case 4:
      if (name == "type") return kType;
      if (name == "name") return kName;
      if (name == "note") return kNote;
      if (name == "data") return kData;
      break;
    case 5:
      if (name == "model") return kModel;
      break;
    case 6:
      if (name == "recall") return kRecall;
      if (name == "labels") return kLabels;
      if (name == "status") return kStatus;
      if (name == "source") return kSource;
      break;
    case 7:
      if (name == "version") return kVersion;
      if (name == "p_value") return kPValue;
      if (name == "samples") return kSamples;
      if (name == "metrics") return kFigures;
      if (name == "feature") return kFeature;
      break;
    case 8:
      if (name == "accuracy") return kAccuracy;
      if (name == "features") return kFeatures;
      break;
    case 9:
      if (name == "precision") return kPrecision;
      if (name == "magnitude") return kMagnitude;
      break;
    case 11:
      if (name == "captured_at") return kCapturedAt;
      if (name == "detected_at") return kDetectedAt;
      if (name == "deployed_at") return kDeployedAt;
      if (name == "specversion") return kSpecversion;
      break;
  }
  return kUnknown;
}

ObjectFields::ObjectFields(const JsonTape& tape, std::size_t begin, std::size_t end,
                           UnescapedText& text) {
  const JsonMember* const members = tape.members().data();
  for (std::size_t i = begin; i < end; i = members[i].next) {
    const Field field = field_of(key_of(members[i], text));
    if (field == Field::kUnknown) continue;
    if (seen_.has(field)) twice_.add(field);
    seen_.add(field);
    if (members[i].type == JsonType::kNull || present_.has(field)) continue;
    present_.add(field);
    at_[static_cast<std::size_t>(field)] = &members[i];
  }
}

std::string_view key_of(const JsonMember& member, UnescapedText& text) {
  return member.key_escaped ? text.add(member.key) : member.key;
}

std::string_view string_of(const JsonMember& member, UnescapedText& text) {
  const std::string_view inside = member.value.substr(1, member.value.size() - 2);
  return member.escaped ? text.add(inside) : inside;
}

}  // namespace mlmon
