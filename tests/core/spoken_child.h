#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/observer/observer_host.h"

namespace mlmon {

inline constexpr std::uint32_t kChildRows = 12;
inline constexpr std::uint32_t kChildCalls = 2 * kChildRows;  // more than there are

/// What the host made of an observer over some events.
struct ChildOutcome {
  bool started = false;
  Epoch epoch;
  ObserverCounts counts;
  std::string failure;
  std::size_t models = 0;
};

/// Lets the product's host observe kChildRows events with an isolated observer whose children's lives are said before they are
/// born: `life` gives all that the next one says (it waits for nothing and says nothing after that, so the host never waits),
/// and `has` is what their class has.
ChildOutcome observe(std::uint32_t has, bool explain, const std::function<std::string()>& life);

/// What cannot be in it, whatever the children said; empty: nothing.
std::string impossible_in(const ChildOutcome& outcome);

}  // namespace mlmon
