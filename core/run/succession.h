#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mlmon {

/// How the list of a run's observers was replaced between two events: for each observer of the new list, where in
/// the old one it stood.
struct Succession {
  struct Origin {
    std::optional<std::size_t> before;  // the observer of that name in the old list; nothing: there was none
    bool goes_on = false;               // it is the very same instance; else one that took its place
  };
  std::vector<Origin> origins;
  std::vector<std::string> names;  // by new observer

  /// `values`, one for each old observer, as they belong to the new ones: of those that go on the same, of others
  /// `fresh`.
  template <class T>
  std::vector<T> carried(std::vector<T> values, const T& fresh = T{}) const {
    std::vector<T> next;
    next.reserve(origins.size());
    for (const Origin& origin : origins) {
      const bool same = origin.goes_on && *origin.before < values.size();
      next.push_back(same ? std::move(values[*origin.before]) : fresh);
    }
    return next;
  }
};

}  // namespace mlmon
