#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event/instant.h"

namespace mlmon {

/// Kinds of events; the numbers are those of the SDK (MLMON_KIND_*).
inline constexpr std::uint32_t kMetrics = 1;
inline constexpr std::uint32_t kDrift = 2;
inline constexpr std::uint32_t kJob = 3;
inline constexpr std::uint32_t kFirstForeignKind = 16;

inline constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

/// One event as decoded. All text is unescaped; it lives in the line or in the parser and is valid until
/// the parser's next line.
struct Event {
  std::uint32_t kind = 0;
  std::string_view type;

  std::string_view model_name;
  std::string_view model_version;
  Instant deployed_at;
  std::string_view model_bytes;  // the model object as it stands in the line, braces included

  std::int64_t time_ns = 0;  // captured_at, detected_at or at; since 1970

  double accuracy = kAbsent, precision = kAbsent, recall = kAbsent, f1 = kAbsent;
  double p_value = kAbsent, magnitude = kAbsent;
  std::int64_t samples = -1;

  std::string_view id;         // of the event, or of its CloudEvents envelope
  std::string_view id_source;  // of the envelope, else empty
  std::string_view feature;

  struct Feature {
    std::string_view name;
    double p_value = kAbsent, magnitude = kAbsent;
  };
  std::vector<std::pair<std::string_view, double>> metrics;           // sorted by name
  std::vector<std::pair<std::string_view, std::string_view>> labels;  // sorted by name
  std::vector<Feature> features;                                      // sorted by name

  std::string_view job, status, note;  // of a job event

  bool plain = false;  // its kind, model, time, the six figures and samples are all that it says; from LineShapes
  std::string_view json;  // the event object: the line, or what the envelope holds (from LineShapes also
                          // what follows in the line)
};

/// `,"labels":{…}`, if it has any.
void append_labels_member(std::string& json, const Event& event);

/// Why a line is no event, in the order in which they apply.
enum class BadReason : std::uint8_t {
  kLineTooLong,
  kInvalidUtf8,
  kInvalidJson,
  kNotAnObject,
  kUnknownType,
  kMissingField,
  kDuplicateField,
  kWrongType,
  kOutOfRange,
  kInvalidVersion,
  kInvalidTime,
  kFutureTime,
  kTruncated,
};
inline constexpr std::size_t kBadReasons = 13;

/// The name that stands in reports: "line_too_long" ...
std::string_view to_string(BadReason reason);

}  // namespace mlmon
