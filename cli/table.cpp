#include "cli/table.h"

#include <algorithm>
#include <cstddef>

#include "cli/terminal.h"

namespace mlmon {

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - columns(row[i]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace mlmon
