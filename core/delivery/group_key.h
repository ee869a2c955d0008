#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// Which actions belong together: those that are alike in some members.
class GroupKey {
 public:
  GroupKey() = default;  // each action is alone

  /// Members as "rule" or "labels.team", one a line; "*": all actions are one group; empty: as above.
  explicit GroupKey(std::string_view members);

  bool any() const { return all_ || !paths_.empty(); }

  /// A number that actions of one group share: a hash of the members; 0 where each is alone. A member that
  /// an action lacks is like an empty one.
  std::int64_t of(std::string_view action) const;

 private:
  bool all_ = false;
  std::vector<std::string> paths_;
};

}  // namespace mlmon
