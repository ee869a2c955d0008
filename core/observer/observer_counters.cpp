#include "core/observer/observer_counters.h"

#include <algorithm>

namespace mlmon {
namespace {

bool is_counter_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= ObserverCounters::kLongestName && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

}  // namespace

std::optional<std::uint32_t> ObserverCounters::add(std::string_view name, std::string_view help) {
  const auto known = std::find_if(counters_.begin(), counters_.end(),
                                  [&](const CounterTotal& counter) { return counter.name == name; });
  if (known != counters_.end()) return static_cast<std::uint32_t>(known - counters_.begin());
  if (!is_counter_name(name) || counters_.size() == kMost) return std::nullopt;
  counters_.push_back({std::string(name), std::string(help), 0});
  added_.store(counters_.size());
  return static_cast<std::uint32_t>(counters_.size() - 1);
}

bool ObserverCounters::count(std::uint32_t counter, std::uint64_t more) {
  if (counter >= added_.load()) return false;
  totals_[counter].fetch_add(more, std::memory_order_relaxed);
  return true;
}

std::vector<CounterTotal> ObserverCounters::totals() const {
  std::vector<CounterTotal> totals = counters_;
  for (std::size_t i = 0; i < totals.size(); ++i) totals[i].total = totals_[i].load();
  return totals;
}

}  // namespace mlmon
