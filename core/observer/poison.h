#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "core/event/batch.h"
#include "core/store/observer_state.h"

namespace mlmon {

/// An event at which the process of an observer fails whenever it comes, on its way to the quarantine.
struct PoisonedEvent {
  std::string observer;
  std::string source;
  std::uint64_t line = 0, offset = 0;
  std::string detail;  // what happened
  std::string raw;     // the event
};

/// The events that an observer must not be given again, over restarts: kept in its state under keys of the
/// host's, each by a hash of its text and place.
class Poison {
 public:
  void load(const ObserverState& state);
  void add(const Batch& batch, std::uint32_t row, ObserverState& state);

  bool any() const { return !keys_.empty(); }
  bool has(const Batch& batch, std::uint32_t row) const;

 private:
  static std::string key_of(const Batch& batch, std::uint32_t row);

  std::unordered_set<std::string> keys_;
};

}  // namespace mlmon
