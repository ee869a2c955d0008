#include "cli/text_table.h"

#include <algorithm>
#include <utility>

#include "cli/terminal.h"

namespace mlmon {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

TextTable::TextTable(const std::vector<std::string>& headings) {
  rows_.emplace_back();
  for (const std::string& heading : headings) {
    leans_right_.push_back(heading[0] == '>');
    rows_[0].push_back(heading.substr(1));
  }
}

void TextTable::add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

namespace {

constexpr std::size_t kGap = 2;

/// Makes columns narrower, the widest first, until all of them fit; none narrower than its least.
void fit(std::vector<std::size_t>& widths, const std::vector<std::size_t>& least,
         std::size_t width) {
  std::size_t total = kGap * (widths.size() - 1);
  for (const std::size_t one : widths) total += one;
  for (std::size_t first = 1; total > width;) {
    std::size_t widest = widths.size();
    for (std::size_t c = first; c < widths.size(); ++c) {
      if (widths[c] > least[c] && (widest == widths.size() || widths[c] > widths[widest])) widest = c;
    }
    if (widest == widths.size()) {
      if (first == 0) return;
      first = 0;
      continue;
    }
    --widths[widest];
    --total;
  }
}

}  // namespace

std::string TextTable::text(const std::string& row, std::size_t most, std::size_t width) const {
  const std::size_t shown = std::min(rows_.size(), most + 1);
  std::vector<std::size_t> widths(leans_right_.size());
  for (std::size_t r = 0; r < shown; ++r) {
    for (std::size_t c = 0; c < widths.size(); ++c)
      widths[c] = std::max(widths[c], columns(rows_[r][c]));
  }
  std::vector<std::size_t> least;
  for (std::size_t c = 0; c < widths.size(); ++c) {  // of a text its heading; numbers are not cut
    least.push_back(leans_right_[c] ? widths[c] : std::max<std::size_t>(columns(rows_[0][c]), 1));
  }
  fit(widths, least, width);
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
    const std::string cell = columns(cells[c]) > widths[c] ? cut(cells[c], widths[c]) : cells[c];
    const std::string gap(widths[c] - columns(cell), ' ');
    out += leans_right_[c] ? gap + cell : cell + gap;
    out += std::string(kGap, ' ');
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

}  // namespace mlmon
