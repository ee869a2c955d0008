#include "cli/state_rows.h"

#include <unistd.h>

#include <utility>

#include "cli/terminal.h"
#include "core/event/instant.h"
#include "core/time_units.h"

namespace mlmon {

StateRows::StateRows(const std::vector<std::string>& headings, std::string row, bool json)
    : output_(STDOUT_FILENO, "stdout"), table_(headings), row_(std::move(row)), json_(json) {}

bool StateRows::add(std::string_view json) {
  constexpr std::size_t kBlock = 64 * 1024;
  lines_.append(json).append("\n");
  if (lines_.size() < kBlock) return true;
  written_ = output_.write(lines_);
  lines_.clear();
  return written_.ok();
}

bool StateRows::add(std::vector<std::string> cells) {
  empty_ = false;
  table_.add(std::move(cells));
  return true;
}

Result<void> StateRows::finish() {
  constexpr std::size_t kAll = 1'000'000'000;
  if (!written_) return written_;
  if (!json_ && !empty_) lines_ = table_.text(row_, kAll, table_width(STDOUT_FILENO));
  return lines_.empty() ? Result<void>() : output_.write(lines_);
}

std::string format_unix_ms(std::int64_t ms) {
  return format_rfc3339({ms / 1000, static_cast<std::int32_t>(ms % 1000 * kNsPerMs)});
}

}  // namespace mlmon
