#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "core/event/event_fields.h"
#include "core/result.h"

namespace mlmon {

/// What the value of a member may be.
enum class MemberValue : std::uint8_t {
  kType, kModel,
  kFraction,  // a number in [0, 1]
  kEffect,    // a finite number >= 0
  kCount,     // an integer from 0 to 2^63 - 1
  kFigures,   // an object of finite numbers
  kFeatures,  // an object of objects with p_value and magnitude
  kText, kTexts,
  kName, kVersion,
  kTime,       // RFC 3339
  kEventTime,  // the same, within 64-bit nanoseconds of 1970
  kJobStatus,
};

/// What a number may be.
struct NumberRule {
  std::string_view expected;  // for people
  double least, most;
  double slack = 0;  // what lies outside by at most this much is the nearer end
};

inline constexpr double kLargestDouble = std::numeric_limits<double>::max();
inline constexpr NumberRule kFraction = {"a number in [0, 1]", 0, 1, 1e-9};  // sums of floats end there
inline constexpr NumberRule kEffect = {"a finite number >= 0", 0, kLargestDouble};
inline constexpr NumberRule kFiniteNumber = {"a finite number", -kLargestDouble, kLargestDouble};

inline constexpr std::size_t kMaxNameBytes = 256;
inline constexpr std::size_t kMaxVersionBytes = 128;

/// A member that means something in events of a type, or in their model.
struct EventMember {
  Field field;
  MemberValue value;
  bool required;
  std::string_view help;  // for people, in a few words
};

/// The members of an event of that kind in the order in which mlmon writes them, those of its model left
/// out. REQUIRES: kMetrics, kDrift or kJob.
std::span<const EventMember> members_of(std::uint32_t kind);
std::span<const EventMember> model_members();

/// Of which at least one must be there; of the features, one with a figure.
FieldSet figures_of(std::uint32_t kind);

/// A figure, text or time within an event: `f1`, `name` or `model.name`, `metrics.auc`, `labels.team`,
/// `features.age.p_value`.
struct MemberPath {
  Field field = Field::kUnknown;
  std::string key;               // in metrics, labels, features
  Field part = Field::kUnknown;  // of a feature

  friend bool operator==(const MemberPath&, const MemberPath&) = default;
};

/// Refuses names of no such member of an event of that kind, and of members that one value cannot be.
Result<MemberPath> parse_member_path(std::string_view text, std::uint32_t kind);

}  // namespace mlmon
