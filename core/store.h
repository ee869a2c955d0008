#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// An action on its way into the store.
struct NewAction {
  std::string_view id;
  std::string_view json;                 // one line without newline
  std::vector<std::uint32_t> endpoints;  // that are to get it (numbers of the run)
};

/// An action that waits to be delivered to one endpoint.
struct OutboxItem {
  std::int64_t row = 0;
  std::string id;
  std::string json;
  std::uint32_t attempts = 0;  // tries so far
};

/// What became of a try.
struct Settlement {
  enum class Status { kDelivered = 0, kWaiting = 1, kDead = 2 };
  std::int64_t row = 0;
  Status status = Status::kDelivered;
  std::int64_t next_try_ms = 0;  // kWaiting: wall clock, ms since 1970
  std::string error;             // kWaiting, kDead: why
};

/// How many actions of this run are undelivered, each by the worst of its deliveries.
struct OutboxTotals {
  std::uint64_t waiting = 0;
  std::uint64_t dead = 0;
};

/// The durable memory of mlmon: actions and the outbox. Thread-safe: the pipeline commits while the
/// endpoints' threads deliver.
class Store {
 public:
  virtual ~Store() = default;

  /// One checkpoint, atomically: adds the actions whose id is not known yet. The result says for each
  /// whether it was new.
  virtual Result<std::vector<bool>> commit(const std::vector<NewAction>& actions) = 0;

  /// At most `limit` actions that are due for the endpoint, oldest first.
  virtual Result<std::vector<OutboxItem>> due(std::uint32_t endpoint, std::int64_t now_ms,
                                              std::size_t limit) = 0;

  /// When the next of those that wait for the endpoint is due, ms since 1970; nothing: none waits.
  virtual Result<std::optional<std::int64_t>> next_due_ms(std::uint32_t endpoint) = 0;

  /// Records what became of deliveries.
  virtual Result<void> settle(const std::vector<Settlement>& settlements) = 0;

  virtual Result<OutboxTotals> totals() = 0;
};

}  // namespace mlmon
