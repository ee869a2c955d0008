#include "core/event/event_members.h"

#include <array>
#include <vector>

#include "core/event/event.h"
#include "core/text/suggest.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using F = Field;
using V = MemberValue;

constexpr std::string_view kSamplesHelp = "how many predictions the figures stand on";
constexpr std::string_view kIdHelp = "the producer's own id of the event";
constexpr std::string_view kLabelsHelp = "passed on to actions";

constexpr std::array kMetricsMembers = {
    EventMember{F::kType, V::kType, true, "metrics"},
    EventMember{F::kModel, V::kModel, true, "the deployed model"},
    EventMember{F::kAccuracy, V::kFraction, false, "a number in [0, 1]"},
    EventMember{F::kPrecision, V::kFraction, false, "a number in [0, 1]"},
    EventMember{F::kRecall, V::kFraction, false, "a number in [0, 1]"},
    EventMember{F::kF1, V::kFraction, false, "a number in [0, 1]"},
    EventMember{F::kFigures, V::kFigures, false, "further figures by name"},
    EventMember{F::kSamples, V::kCount, false, kSamplesHelp},
    EventMember{F::kLabels, V::kTexts, false, kLabelsHelp},
    EventMember{F::kId, V::kText, false, kIdHelp},
    EventMember{F::kCapturedAt, V::kEventTime, true, "the time of the event"},
};

constexpr std::array kDriftMembers = {
    EventMember{F::kType, V::kType, true, "drift"},
    EventMember{F::kModel, V::kModel, true, "the deployed model"},
    EventMember{F::kPValue, V::kFraction, false, "a number in [0, 1]"},
    EventMember{F::kMagnitude, V::kEffect, false, "the effect's size, at least 0"},
    EventMember{F::kFeature, V::kText, false, "what drifted"},
    EventMember{F::kFeatures, V::kFeatures, false, "tests of one window by name"},
    EventMember{F::kSamples, V::kCount, false, kSamplesHelp},
    EventMember{F::kLabels, V::kTexts, false, kLabelsHelp},
    EventMember{F::kId, V::kText, false, kIdHelp},
    EventMember{F::kDetectedAt, V::kEventTime, true, "the time of the event"},
};

constexpr std::array kJobMembers = {
    EventMember{F::kType, V::kType, true, "job"},
    EventMember{F::kModel, V::kModel, true, "the deployed model"},
    EventMember{F::kJobId, V::kText, true, "the job's id"},
    EventMember{F::kStatus, V::kJobStatus, true, "done, failed or cancelled"},
    EventMember{F::kNote, V::kText, false, "what its trainer said"},
    EventMember{F::kLabels, V::kTexts, false, kLabelsHelp},
    EventMember{F::kId, V::kText, false, kIdHelp},
    EventMember{F::kAt, V::kEventTime, true, "the time of the event"},
};

constexpr std::array kModelMembers = {
    EventMember{F::kName, V::kName, true, "the model's name"},
    EventMember{F::kVersion, V::kVersion, true, "its version (semver)"},
    EventMember{F::kDeployedAt, V::kTime, true, "when it was deployed (RFC 3339)"},
};

template <std::size_t N>
constexpr FieldSet fields_of(const std::array<EventMember, N>& members) {
  FieldSet fields;
  for (const EventMember& member : members) fields.add(member.field);
  return fields;
}

// The parser knows the same members.
static_assert(fields_of(kMetricsMembers) == kMetricsFields);
static_assert(fields_of(kDriftMembers) == kDriftFields);
static_assert(fields_of(kJobMembers) == kJobFields);
static_assert(fields_of(kModelMembers) == kModelFields);

bool is_one_value(MemberValue value) {
  return value != V::kType && value != V::kModel &&
         value != V::kFigures && value != V::kFeatures && value != V::kTexts;
}

/// `features.NAME.p_value` without its beginning; a NAME may have dots.
Result<MemberPath> parse_feature(std::string_view rest) {
  const std::size_t dot = rest.rfind('.');
  const Field part = dot == rest.npos ? F::kUnknown : field_of(rest.substr(dot + 1));
  if (!kFeatureFields.has(part)) {
    return Error{"expected features.NAME.p_value or features.NAME.magnitude, got " +
                 in_quotes("features." + std::string(rest))};
  }
  return MemberPath{F::kFeatures, std::string(rest.substr(0, dot)), part};
}

Error unknown(std::string_view text, std::uint32_t kind) {
  std::vector<std::string> names;
  for (const EventMember& member : model_members()) names.emplace_back(name_of(member.field));
  for (const EventMember& member : members_of(kind)) {
    if (is_one_value(member.value)) names.emplace_back(name_of(member.field));
  }
  names.insert(names.end(), {"labels.NAME"});
  if (kind == kMetrics) names.emplace_back("metrics.NAME");
  if (kind == kDrift) names.insert(names.end(), {"features.NAME.p_value", "features.NAME.magnitude"});
  const std::string hint = did_you_mean(text, names);
  return {"unknown field " + in_quotes(text) + (hint.empty() ? ": expected " + one_of(names) : hint)};
}

}  // namespace

std::span<const EventMember> members_of(std::uint32_t kind) {
  if (kind == kMetrics) return kMetricsMembers;
  if (kind == kDrift) return kDriftMembers;
  return kJobMembers;
}

std::span<const EventMember> model_members() { return kModelMembers; }

FieldSet figures_of(std::uint32_t kind) {
  if (kind == kMetrics) return {F::kAccuracy, F::kPrecision, F::kRecall, F::kF1, F::kFigures};
  if (kind == kDrift) return {F::kPValue, F::kMagnitude, F::kFeatures};
  return {};
}

Result<MemberPath> parse_member_path(std::string_view text, std::uint32_t kind) {
  const std::string_view of_model = text.starts_with("model.") ? text.substr(6) : text;
  for (const EventMember& member : model_members()) {
    if (of_model == name_of(member.field)) return MemberPath{member.field, {}, F::kUnknown};
  }
  const std::size_t dot = text.find('.');
  const std::string_view rest = dot == text.npos ? "" : text.substr(dot + 1);
  for (const EventMember& member : members_of(kind)) {
    if (text.substr(0, dot) != name_of(member.field)) continue;
    if (dot == text.npos && is_one_value(member.value)) return MemberPath{member.field, {}, F::kUnknown};
    if (dot == text.npos) break;
    if (member.value == V::kFeatures) return parse_feature(rest);
    if (member.value == V::kFigures || member.value == V::kTexts) {
      return MemberPath{member.field, std::string(rest), F::kUnknown};
    }
  }
  return unknown(text, kind);
}

}  // namespace mlmon
