#include "core/import/cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "core/text/wording.h"

namespace mlmon {
namespace {

constexpr std::array<std::string_view, 8> kNull = {"nan", "na", "n/a", "null", "none", "\\n", "<na>", "nat"};
constexpr std::array<std::string_view, 4> kInfinite = {"inf", "-inf", "infinity", "-infinity"};

/// Is the cell one of the words, which are in lower case?
template <std::size_t kCount>
bool is_among(std::string_view cell, const std::array<std::string_view, kCount>& words) {
  const auto same = [](char in_cell, char in_word) {
    return (in_cell >= 'A' && in_cell <= 'Z' ? static_cast<char>(in_cell + 32) : in_cell) == in_word;
  };
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return std::equal(cell.begin(), cell.end(), word.begin(), word.end(), same);
  });
}

std::string_view without_spaces(std::string_view cell) {
  while (cell.starts_with(' ')) cell.remove_prefix(1);
  while (cell.ends_with(' ')) cell.remove_suffix(1);
  return cell;
}

}  // namespace

bool says_no_text(std::string_view cell) { return is_among(without_spaces(cell), kNull); }

Result<std::optional<double>> read_cell(std::string_view cell, std::string_view name, ImportSink& sink) {
  cell = without_spaces(cell);
  std::string_view number = cell;
  if (number.starts_with('+')) number.remove_prefix(1);
  double value = 0;
  const char* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, value);
  const bool plain = !number.empty() && number.back() != 'n' && number.back() != 'f' && number.back() != 'y';
  if (plain && read.ptr == end && read.ec == std::errc() && std::isfinite(value)) {
    return std::optional<double>(value + 0.0);
  }
  const bool none = cell.empty() || is_among(cell, kNull) || is_among(cell, kInfinite);
  if (none || (read.ptr == end && read.ec == std::errc::result_out_of_range)) {
    sink.left_out(name);
    return std::optional<double>();
  }
  return Error{std::string(name) + ": expected a number, got " + in_quotes(cell)};
}

std::optional<std::int64_t> count_of(std::string_view cell) {
  if (cell.ends_with(".0")) cell.remove_suffix(2);
  std::int64_t count = 0;
  const char* const end = cell.data() + cell.size();
  const auto read = std::from_chars(cell.data(), end, count);
  if (cell.empty() || read.ec != std::errc() || read.ptr != end || count < 0) return std::nullopt;
  return count;
}

}  // namespace mlmon
