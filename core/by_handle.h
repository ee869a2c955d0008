#pragma once

#include <cstddef>
#include <vector>

namespace mlmon {

/// The element of a list by dense handles, which grows to have it. With a million models, room that nobody uses counts
/// for more than one more copy.
template <class T>
typename std::vector<T>::reference by_handle(std::vector<T>& list, std::size_t handle, const T& value = T()) {
  if (handle >= list.size()) {
    if (handle >= list.capacity()) list.reserve(handle + 1 + handle / 8);
    list.resize(handle + 1, value);
  }
  return list[handle];
}

}  // namespace mlmon
