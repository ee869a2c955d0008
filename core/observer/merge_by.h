#pragma once

#include <algorithm>
#include <vector>

namespace mlmon {

/// Adds items of another list to those that have the same `key`, and appends the others. `add(into, more)` adds one.
template <class Item, class Key, class Add>
void merge_by(Key Item::*key, std::vector<Item>& items, const std::vector<Item>& others, Add add) {
  for (const Item& other : others) {
    const auto same =
        std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.*key == other.*key; });
    if (same == items.end()) {
      items.push_back(other);
    } else {
      add(*same, other);
    }
  }
}

}  // namespace mlmon
