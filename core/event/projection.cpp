#include "core/event/projection.h"

namespace mlmon {

bool split_json_pointer(std::string_view pointer, std::vector<std::string>& tokens) {
  tokens.clear();
  if (pointer.empty()) return true;
  if (pointer.front() != '/') return false;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    const char c = pointer[at];
    if (c == '/') {
      if (tokens.size() == kMostPointerTokens) return false;
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else if (++at < pointer.size() && (pointer[at] == '0' || pointer[at] == '1')) {
      tokens.back() += pointer[at] == '0' ? '~' : '/';
    } else {
      return false;
    }
  }
  return true;
}

void ProjectedColumns::clear() {
  for (ProjectedColumn& column : columns) {
    column.numbers.clear();
    column.integers.clear();
    column.text_off.clear();
    column.text_len.clear();
  }
  text.clear();
}

void ProjectedColumns::keep_rows(const std::vector<std::uint32_t>& kept) {
  const auto keep = [&](auto& column) {
    if (column.empty()) return;  // of another type
    for (std::size_t i = 0; i < kept.size(); ++i) column[i] = column[kept[i]];
    column.resize(kept.size());
  };
  for (ProjectedColumn& column : columns) {
    keep(column.numbers);
    keep(column.integers);
    keep(column.text_off);
    keep(column.text_len);
  }
}

void ProjectedColumns::cut(std::size_t rows) {
  for (ProjectedColumn& column : columns) {
    if (rows < column.numbers.size()) column.numbers.resize(rows);
    if (rows < column.integers.size()) column.integers.resize(rows);
    if (rows < column.text_off.size()) column.text_off.resize(rows);
    if (rows < column.text_len.size()) column.text_len.resize(rows);
  }
}

}  // namespace mlmon
