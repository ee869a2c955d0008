#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "core/text/json_tape.h"
#include "core/text/unescaped_text.h"

namespace mlmon {

/// All member names that mean something in an event, in its model, in a feature or in an envelope.
enum class Field : std::uint8_t {
  kType, kModel, kCapturedAt, kDetectedAt, kAt,
  kAccuracy, kPrecision, kRecall, kF1, kFigures,
  kPValue, kMagnitude, kFeature, kFeatures, kSamples,
  kLabels, kId,
  kJobId, kStatus, kNote,
  kName, kVersion, kDeployedAt,
  kSpecversion, kSource, kData,
  kUnknown,
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::kUnknown);

std::string_view name_of(Field field);
Field field_of(std::string_view name);

/// A set of fields, one bit each.
class FieldSet {
 public:
  constexpr FieldSet() = default;
  constexpr FieldSet(std::initializer_list<Field> fields) {
    for (const Field field : fields) add(field);
  }

  constexpr void add(Field field) { bits_ |= bit(field); }
  constexpr bool has(Field field) const { return (bits_ & bit(field)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const FieldSet&) const = default;
  constexpr FieldSet operator&(FieldSet other) const { return FieldSet(bits_ & other.bits_); }

 private:
  explicit constexpr FieldSet(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t bit(Field field) {
    return std::uint32_t{1} << static_cast<unsigned>(field);
  }

  std::uint32_t bits_ = 0;
};

// What the objects of a line know.
inline constexpr FieldSet kCommonFields = {Field::kType, Field::kModel, Field::kLabels, Field::kId};
inline constexpr FieldSet kMetricsFields = {
    Field::kType,      Field::kModel,  Field::kLabels, Field::kId,      Field::kAccuracy,
    Field::kPrecision, Field::kRecall, Field::kF1,     Field::kFigures, Field::kSamples,
    Field::kCapturedAt};
inline constexpr FieldSet kDriftFields = {
    Field::kType,      Field::kModel,   Field::kLabels,   Field::kId,      Field::kPValue,
    Field::kMagnitude, Field::kFeature, Field::kFeatures, Field::kSamples, Field::kDetectedAt};
inline constexpr FieldSet kJobFields = {Field::kType, Field::kModel,  Field::kLabels, Field::kId,
                                        Field::kJobId,  Field::kStatus, Field::kNote,   Field::kAt};
inline constexpr FieldSet kForeignFields = {Field::kType, Field::kModel, Field::kLabels, Field::kId,
                                            Field::kAt};
inline constexpr FieldSet kEnvelopeFields = {Field::kSpecversion, Field::kId, Field::kSource,
                                             Field::kType, Field::kData};
inline constexpr FieldSet kModelFields = {Field::kName, Field::kVersion, Field::kDeployedAt};
inline constexpr FieldSet kFeatureFields = {Field::kPValue, Field::kMagnitude};

/// Where the known fields of one object stand on the tape; of a name that stands twice, the first that is
/// not null. One that is null is absent, but counts for twice().
class ObjectFields {
 public:
  /// The members [begin, end) of the tape and what lies between them.
  ObjectFields(const JsonTape& tape, std::size_t begin, std::size_t end, UnescapedText& text);

  bool has(Field field) const { return present_.has(field); }
  bool has_any(FieldSet fields) const { return !(present_ & fields).empty(); }
  bool is_null(Field field) const { return seen_.has(field) && !present_.has(field); }
  bool twice(Field field) const { return twice_.has(field); }
  FieldSet twice() const { return twice_; }

  /// REQUIRES: has(field).
  const JsonMember& operator[](Field field) const { return *at_[static_cast<std::size_t>(field)]; }

 private:
  FieldSet seen_, present_, twice_;
  std::array<const JsonMember*, kFields> at_;  // set where present_
};

/// The member's name, unescaped.
std::string_view key_of(const JsonMember& member, UnescapedText& text);

/// The string that the member holds, unescaped. REQUIRES: JsonType::kString.
std::string_view string_of(const JsonMember& member, UnescapedText& text);

}  // namespace mlmon
