#include "core/store/fresh_deliveries.h"

#include <algorithm>
#include <utility>

namespace mlmon {

bool FreshDeliveries::add(std::uint32_t endpoint, std::int64_t action, std::string_view id, std::string_view json) {
  Queue& queue = queues_[endpoint];
  const std::size_t bytes = id.size() + json.size();
  if (queue.overflows || bytes_ + bytes > kMostBytes) {
    queue.overflows = true;
    return false;
  }
  queue.items.push_back({--last_row_, action, std::string(id), std::string(json)});
  bytes_ += bytes;
  return true;
}

void FreshDeliveries::due(std::uint32_t endpoint, std::size_t limit, std::vector<OutboxItem>& items) const {
  const auto queue = queues_.find(endpoint);
  if (queue == queues_.end()) return;
  for (const Item& item : queue->second.items) {
    if (limit-- == 0) return;
    items.push_back({item.row, item.id, item.json});
  }
}

bool FreshDeliveries::overflows(std::uint32_t endpoint) const {
  const auto queue = queues_.find(endpoint);
  return queue != queues_.end() && queue->second.overflows;
}

void FreshDeliveries::drained(std::uint32_t endpoint) {
  const auto queue = queues_.find(endpoint);
  if (queue != queues_.end()) queue->second.overflows = false;
}

std::optional<FreshDeliveries::Delivery> FreshDeliveries::take(std::int64_t row) {
  for (auto& [endpoint, queue] : queues_) {
    std::deque<Item>& items = queue.items;
    const auto at = std::lower_bound(items.begin(), items.end(), row,
                                     [](const Item& item, std::int64_t wanted) { return item.row > wanted; });
    if (at == items.end() || at->row != row) continue;
    bytes_ -= at->id.size() + at->json.size();
    Delivery taken = {at->action, endpoint, std::move(at->json)};
    items.erase(at);
    return taken;
  }
  return std::nullopt;
}

std::unordered_set<std::int64_t> FreshDeliveries::actions() const {
  std::unordered_set<std::int64_t> actions;
  for (const auto& [endpoint, queue] : queues_) {
    for (const Item& item : queue.items) actions.insert(item.action);
  }
  return actions;
}

}  // namespace mlmon
