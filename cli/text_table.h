#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mlmon {

/// A count for people: 1,234,567.
std::string grouped(std::uint64_t number);

/// A table for people, with its columns aligned. Cells are printable UTF-8.
class TextTable {
 public:
  static constexpr std::size_t kAnyWidth = static_cast<std::size_t>(-1);
  static constexpr std::size_t kAllRows = 1'000'000;

  /// Headings with the side that their column leans to before them: "<name", ">count".
  explicit TextTable(const std::vector<std::string>& headings);

  /// REQUIRES: as many cells as there are headings.
  void add(std::vector<std::string> cells);

  /// Whole lines: the headings and the first `most` rows, then `… and N more ROWs`. Cells of the widest
  /// columns are cut where a line would have more than `width` columns; those of the first column last.
  std::string text(const std::string& row, std::size_t most = 20,
                   std::size_t width = kAnyWidth) const;

 private:
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;

  std::vector<bool> leans_right_;
  std::vector<std::vector<std::string>> rows_;  // the first one: the headings
};

}  // namespace mlmon
