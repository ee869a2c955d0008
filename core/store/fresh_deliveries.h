#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/store/outbox_store.h"

namespace mlmon {

/// Deliveries that need no row of the outbox: those of a run that keeps nothing, until their first try. Most
/// are made within milliseconds, and a row that is written, found and deleted costs more than the delivery.
///
/// Bounded: while an endpoint is too slow for what is decided, its deliveries go to the outbox, behind those
/// that are here. Not thread-safe.
class FreshDeliveries {
 public:
  static constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

  /// One delivery. False: it has to wait in the outbox.
  bool add(std::uint32_t endpoint, std::int64_t action, std::string_view id, std::string_view json);

  /// Appends at most `limit` of the endpoint's items, oldest first; their rows are below zero. They stay until
  /// take().
  void due(std::uint32_t endpoint, std::size_t limit, std::vector<OutboxItem>& items) const;

  /// True while deliveries of the endpoint are in the outbox only because there was no room here.
  bool overflows(std::uint32_t endpoint) const;

  /// The outbox has none of the endpoint's that are due.
  void drained(std::uint32_t endpoint);

  struct Delivery {
    std::int64_t action;
    std::uint32_t endpoint;
    std::string json;
  };

  /// Removes the delivery of that row; nothing: it is not here any more.
  std::optional<Delivery> take(std::int64_t row);

  /// The actions that some of them are about.
  std::unordered_set<std::int64_t> actions() const;

 private:
  struct Item {
    std::int64_t row, action;
    std::string id, json;
  };
  struct Queue {
    std::deque<Item> items;  // rows descend
    bool overflows = false;
  };

  std::unordered_map<std::uint32_t, Queue> queues_;  // by endpoint
  std::int64_t last_row_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mlmon
