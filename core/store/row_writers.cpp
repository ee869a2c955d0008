#include "core/store/row_writers.h"

#include <algorithm>

namespace mlmon {

std::string RowGroups::statement_of(std::string_view each) {
  constexpr std::string_view kValues = "VALUES ";
  const std::size_t begin = each.find(kValues) + kValues.size(), end = each.find(')', begin) + 1;
  const std::string_view row = each.substr(begin, end - begin);
  std::string group(each.substr(0, end));
  for (std::size_t i = 1; i < kRows; ++i) group.append(", ").append(row);
  return group.append(each.substr(end));
}

void RowGroups::begin() {
  rows_ = 0;
  values_.clear();
  text_.clear();
}

void RowGroups::put(int, std::int64_t value) { values_.push_back({value, 0, 0, false}); }

void RowGroups::put(int, std::string_view text) {
  values_.push_back({0, text_.size(), text.size(), true});
  text_.append(text);
}

Result<void> RowGroups::end_row() {
  if (++rows_ < kRows) return {};
  const auto written = run(group_, 0, values_.size());
  begin();
  return written;
}

Result<void> RowGroups::flush(const Visit&) {
  const std::size_t columns = rows_ == 0 ? 0 : values_.size() / rows_;
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto written = run(one_, row * columns, (row + 1) * columns);
    if (!written) return written;
  }
  begin();
  return {};
}

Result<void> RowGroups::run(Statement& statement, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const int parameter = static_cast<int>(i - begin);
    const Value& value = values_[i];
    if (value.is_text) {
      statement.bind(parameter, std::string_view(text_).substr(value.at, value.size));
    } else {
      statement.bind(parameter, value.number);
    }
  }
  return database_.run(statement);
}

void RowRuns::put(int column, std::int64_t value) {
  if (column > 0) {
    alike_.emplace_back(value);
  } else {
    number_ = value;
  }
}

Result<void> RowRuns::end_row() {
  // Endpoints take turns: a few runs grow at the same time.
  constexpr std::size_t kOpen = 8;
  for (std::size_t back = 1; back <= std::min(kOpen, runs_.size()); ++back) {
    Run& run = runs_[runs_.size() - back];
    if (run.last + 1 != number_ || run.alike != alike_) continue;
    run.last = number_;
    alike_.clear();
    return {};
  }
  runs_.push_back({number_, number_, std::exchange(alike_, {})});
  return {};
}

Result<void> RowRuns::flush(const Visit&) {
  for (const Run& run : runs_) {
    if (const auto written = write(run); !written) return written;
  }
  runs_.clear();
  return {};
}

Result<void> RowRuns::write(const Run& run) {
  const bool alone = run.first == run.last && alone_;
  Statement& statement = alone ? *alone_ : run_;
  int parameter = 0;
  statement.bind(parameter++, run.first);
  if (!alone) statement.bind(parameter++, run.last);
  for (const Value& value : run.alike) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      statement.bind(parameter++, std::string_view(*text));
    } else {
      statement.bind(parameter++, std::get<std::int64_t>(value));
    }
  }
  return database_.run(statement);
}

}  // namespace mlmon
