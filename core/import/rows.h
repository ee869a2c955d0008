#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/import/format.h"
#include "core/result.h"

namespace mlmon {

/// Reads CSV as RFC 4180 has it (quotes, newlines in quotes, CRLF, a byte order mark) in pieces as they
/// come, and hands its rows over to a format. The one place of libcsv.
///
/// Memory: one row, whose cells are at most kMaxRow bytes.
class Rows {
 public:
  static constexpr std::size_t kMaxRow = 16 * 1024 * 1024;

  Rows(RowFormat& format, char delimiter, ImportSink& sink);
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  /// The errors say where the text is no table, or are those of the format.
  Result<void> add(std::string_view piece);
  Result<void> end();

 private:
  struct Parser;
  const std::unique_ptr<Parser> parser_;
};

}  // namespace mlmon
