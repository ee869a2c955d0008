#include "core/import/cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "core/text/wording.h"

namespace mlmon {
namespace {

constexpr std::array<std::string_view, 12> kNone = {"nan", "na", "n/a", "null", "none", "\\n", "inf", "-inf",
                                                    "infinity", "-infinity", "<na>", "nat"};

bool says_none(std::string_view cell) {
  constexpr std::size_t kLongest = 9;
  if (cell.empty()) return true;
  if (cell.size() > kLongest) return false;
  std::array<char, kLongest> lower{};
  std::transform(cell.begin(), cell.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view word(lower.data(), cell.size());
  return std::find(kNone.begin(), kNone.end(), word) != kNone.end();
}

}  // namespace

Result<std::optional<double>> read_cell(std::string_view cell, std::string_view name, ImportSink& sink) {
  while (cell.starts_with(' ')) cell.remove_prefix(1);
  while (cell.ends_with(' ')) cell.remove_suffix(1);
  std::string_view number = cell;
  if (number.starts_with('+')) number.remove_prefix(1);
  double value = 0;
  const char* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, value);
  const bool plain = !number.empty() && number.back() != 'n' && number.back() != 'f' && number.back() != 'y';
  if (plain && read.ptr == end && read.ec == std::errc() && std::isfinite(value)) {
    return std::optional<double>(value + 0.0);
  }
  if (says_none(cell) || (read.ptr == end && read.ec == std::errc::result_out_of_range)) {
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
