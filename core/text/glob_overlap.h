#pragma once

#include <string>
#include <vector>

namespace mlmon {

/// Is there a text of one character or more that each of the lists, as GlobList has them, matches? "No" is
/// certain. "Yes" is also the answer where finding out would take too long.
bool may_overlap(const std::vector<std::vector<std::string>>& lists);

}  // namespace mlmon
