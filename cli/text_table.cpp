#include "cli/text_table.h"

#include <algorithm>
#include <utility>

#include "cli/terminal.h"

namespace mlmon {

TextTable::TextTable(const std::vector<std::string>& headings) {
  rows_.emplace_back();
  for (const std::string& heading : headings) {
    leans_right_.push_back(heading[0] == '>');
    rows_[0].push_back(heading.substr(1));
  }
}

void TextTable::add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::string TextTable::text(const std::string& row, std::size_t most) const {
  const std::size_t shown = std::min(rows_.size(), most + 1);
  std::vector<std::size_t> widths(leans_right_.size());
  for (std::size_t r = 0; r < shown; ++r) {
    for (std::size_t c = 0; c < widths.size(); ++c)
      widths[c] = std::max(widths[c], columns(rows_[r][c]));
  }
  std::string out;
  for (std::size_t r = 0; r < shown; ++r) out += line(rows_[r], widths);
  if (const std::size_t more = rows_.size() - shown; more > 0) {
    out += "… and " + std::to_string(more) + " more " + row + (more == 1 ? "" : "s") + "\n";
  }
  return out;
}

std::string TextTable::line(const std::vector<std::string>& cells,
                            const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const std::string gap(widths[c] - columns(cells[c]), ' ');
    out += leans_right_[c] ? gap + cells[c] : cells[c] + gap;
    out += "  ";
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

}  // namespace mlmon
