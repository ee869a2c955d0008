#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/text_table.h"
#include "core/action/output.h"

namespace mlmon {

/// A listing of what the state holds, on stdout: a line of JSON for each row, written as they come, or a
/// table at the end, without headings where there is no row.
class StateRows {
 public:
  /// Headings as of a TextTable; `row`: what one is called.
  StateRows(const std::vector<std::string>& headings, std::string row, bool json);

  /// One object without newline, or cells. False: stdout does not take more; finish() says why.
  bool add(std::string_view json);
  bool add(std::vector<std::string> cells);

  Result<void> finish();

 private:
  FdOutput output_;
  TextTable table_;
  const std::string row_;
  const bool json_;
  bool empty_ = true;
  std::string lines_;
  Result<void> written_;
};

/// RFC 3339 of milliseconds since 1970.
std::string format_unix_ms(std::int64_t ms);

}  // namespace mlmon
