#include "core/event/line_shape.h"

#include "core/event/event.h"

namespace mlmon {
namespace {

// Lines beyond these are rare, and their shapes would take memory and time.
constexpr std::size_t kLongestLine = 16 * 1024;
constexpr std::size_t kMostSlots = 64;

FieldSet fields_of_kind(std::uint32_t kind) {
  if (kind == kMetrics) return kMetricsFields;
  return kind == kDrift ? kDriftFields : kForeignFields;
}

bool is_envelope(const std::vector<JsonMember>& members) {
  for (std::size_t i = 0; i < members.size(); i = members[i].next) {
    if (members[i].type == JsonType::kNull) continue;  // absent
    if (members[i].key == name_of(Field::kSpecversion)) return true;
  }
  return false;
}

}  // namespace

bool LineShape::cut(std::string_view line, std::uint32_t kind) {
  parts_.clear();
  if (kind == kJob || line.size() > kLongestLine || !tape_.read(line)) return false;
  kind_ = kind;
  known_ = fields_of_kind(kind);
  cut_to_ = line.data();
  const std::vector<JsonMember>& members = tape_.members();
  if (!cut_members(0, members.size(), is_envelope(members) ? Of::kEnvelope : Of::kEvent)) {
    return false;
  }
  return add_slot({line.data() + line.size(), 0}, Slot::kEnd);
}

bool LineShape::cut_members(std::size_t begin, std::size_t end, Of of) {
  for (std::size_t i = begin; i < end; i = tape_.members()[i].next) {
    if (tape_.members()[i].key_escaped || !cut_member(i, of)) return false;
  }
  return true;
}

bool LineShape::cut_member(std::size_t index, Of of) {
  const JsonMember& member = tape_.members()[index];
  const bool known = of == Of::kTexts || of == Of::kNumbers;
  if (known && member.type == JsonType::kNull) return true;  // stays literal: it is absent
  switch (of) {
    case Of::kEnvelope: break;
    case Of::kEvent: return cut_event_member(index);
    case Of::kTexts: return cut_text(member, Slot::kText);
    case Of::kNumbers: return add_slot(member.value, Slot::kFinite);
    case Of::kIgnored: return cut_ignored(index);
  }
  switch (field_of(member.key)) {
    case Field::kSpecversion: return true;  // stays literal
    case Field::kId:
    case Field::kSource:
    case Field::kType: return cut_text(member, Slot::kText);
    case Field::kData:
      return add_slot(member.value.substr(0, 0), Slot::kEvent) && cut_inside(index, Of::kEvent);
    default: return cut_ignored(index);
  }
}

bool LineShape::cut_event_member(std::size_t index) {
  const JsonMember& member = tape_.members()[index];
  const Field field = field_of(member.key);
  // Stay literal: what is null is absent, and with another `specversion` it would be an envelope.
  if (member.type == JsonType::kNull && (known_.has(field) || field == Field::kSpecversion)) return true;
  if (!known_.has(field)) return cut_ignored(index);
  switch (field) {
    case Field::kType: return true;  // stays literal
    case Field::kModel: return add_slot(member.value, Slot::kModel);
    case Field::kCapturedAt:
    case Field::kDetectedAt:
    case Field::kAt: return cut_text(member, Slot::kEventTime);
    case Field::kId:
    case Field::kFeature: return cut_text(member, Slot::kText);
    case Field::kLabels: return cut_inside(index, Of::kTexts);
    case Field::kFigures: return cut_inside(index, Of::kNumbers);
    case Field::kFeatures: return false;  // the event's own figures may be theirs
    default: return cut_figure(member, field);
  }
}

bool LineShape::cut_figure(const JsonMember& member, Field field) {
  switch (field) {
    case Field::kAccuracy: return add_slot(member.value, Slot::kAccuracy);
    case Field::kPrecision: return add_slot(member.value, Slot::kPrecision);
    case Field::kRecall: return add_slot(member.value, Slot::kRecall);
    case Field::kF1: return add_slot(member.value, Slot::kF1);
    case Field::kPValue: return add_slot(member.value, Slot::kPValue);
    case Field::kMagnitude: return add_slot(member.value, Slot::kMagnitude);
    case Field::kSamples: return add_slot(member.value, Slot::kSamples);
    default: return false;
  }
}

bool LineShape::cut_ignored(std::size_t index) {
  const JsonMember& member = tape_.members()[index];
  if (member.type == JsonType::kObject) return cut_inside(index, Of::kIgnored);
  return member.type == JsonType::kArray || add_slot(member.value, Slot::kScalar);
}

bool LineShape::cut_inside(std::size_t index, Of of) {
  return cut_members(index + 1, tape_.members()[index].next, of);
}

bool LineShape::cut_text(const JsonMember& member, Slot slot) {
  return add_slot(member.value.substr(1, member.value.size() - 2), slot);
}

bool LineShape::add_slot(std::string_view value, Slot slot) {
  if (parts_.size() == kMostSlots) return false;
  const auto length = static_cast<std::size_t>(value.data() - cut_to_);
  parts_.push_back({{cut_to_, length}, slot});
  cut_to_ = value.data() + value.size();
  return true;
}

}  // namespace mlmon
