#pragma once

#include <cstdint>

namespace mlmon {

/// What may stand between two literal parts of a line that looks like one seen before, and what it
/// means.
enum class Slot : std::uint8_t {
  kEvent,      // nothing, but an event's object begins here, inside of an envelope
  kModel,      // a model object
  kEventTime,  // the inside of a string: an RFC 3339 time within 64 bits of nanoseconds
  kAccuracy, kPrecision, kRecall, kF1, kPValue,  // numbers in [0, 1]
  kMagnitude,                                    // a number >= 0
  kSamples,                                      // an integer >= 0
  kFinite,                                       // a number that is a double
  kText,                                         // the inside of a string
  kScalar,                                       // any string, number, true, false or null
  kEnd,                                          // the line ends here
};

}  // namespace mlmon
