#pragma once

#include <cstdint>

namespace mlmon {

/// Time of day, for what happens outside of the decisions: delivery, receipts, leases. Decisions know
/// event time only.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ns() const = 0;        // since 1970, UTC
  virtual std::int64_t monotonic_ns() const = 0;  // never goes back; only differences mean something
};

}  // namespace mlmon
