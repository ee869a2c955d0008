#pragma once

#include "core/clock.h"

namespace mlmon {

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  std::int64_t now_ns() const override;
  std::int64_t monotonic_ns() const override;
};

}  // namespace mlmon
