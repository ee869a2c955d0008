#pragma once

#include <string>
#include <vector>

namespace mlmon {

/// Rows of cells as aligned columns, two spaces between them, for people; the first row is the heading.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace mlmon
