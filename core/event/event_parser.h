#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/event/event.h"
#include "core/event/projection.h"

namespace mlmon {

/// What the configuration says about events.
struct EventRules {
  bool any_version = false;  // [input] version_scheme = "any": 1 to 128 bytes in place of semver

  /// Types that observers subscribed to beside metrics, drift and job; the kind of the i-th is
  /// kFirstForeignKind + i. Empty: nobody subscribes to that one any more.
  std::vector<std::string> foreign_types;

  /// Members that observers want as columns of a batch.
  std::vector<Projection> projections;

  bool nan_is_null = false;    // [input] nan = "null": NaN, Infinity and -Infinity are null
  bool lenient_times = false;  // times = "lenient": see TimeRule

  bool jobs_reopen = false;  // a job event's status may be `queued`: only mlmon's own lines say so

  // The rest is about lines of the input; those that mlmon makes itself are not asked.
  std::vector<std::string> unwrap;  // JSON pointers to what the line is in place of itself
  bool skip_foreign = false;        // foreign = "skip": lines that are not JSON objects are no bad lines
  std::int64_t max_ahead_ns = 0;    // an event may be so far ahead of the clock; 0: any
  const Clock* clock = nullptr;     // REQUIRED with max_ahead_ns; must outlive the rules
};

/// The same for lines that mlmon makes itself.
EventRules own_line_rules(EventRules rules);

/// The kind of a type; 0: it is not known.
std::uint32_t kind_of(std::string_view type, const EventRules& rules);

/// What is wrong with a line.
struct BadLine {
  BadReason reason = BadReason::kInvalidJson;
  std::string detail;  // "f1: expected a number in [0, 1], got 1.5"
};

/// Decodes lines, strictly: the whole line must be one valid RFC 8259 object (nested at most 1,000 deep)
/// in valid UTF-8, ignored members included. One iterative pass, no recursion. This parser is also the
/// specification of any faster one.
///
/// Not thread-safe: one parser a thread.
class EventParser {
 public:
  explicit EventParser(EventRules rules);
  ~EventParser();
  EventParser(EventParser&&) noexcept;

  /// The line in place of this one, by EventRules::unwrap; valid until the next call. Else the line itself.
  std::string_view unwrapped(std::string_view line);

  /// Decodes a line (without its newline; a trailing \r counts as white space). On success fills in all
  /// of `event`; on failure all of `bad`. `utf8_checked`: the caller knows the line to be valid UTF-8.
  bool parse(std::string_view line, bool utf8_checked, Event& event, BadLine& bad);

 private:
  class Pass;
  std::unique_ptr<Pass> pass_;
};

}  // namespace mlmon
