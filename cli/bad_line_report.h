#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/log.h"
#include "cli/quarantine.h"
#include "core/run/intake.h"

namespace mlmon {

/// Tells of bad lines as warnings, `SOURCE:LINE: REASON: detail`, at most ten of a reason, and puts
/// all of them into the quarantine, where there is one. Belongs to one thread.
class BadLineReport final : public BadLineReporter {
 public:
  /// Both must outlive the report. `quarantine`: may be null.
  BadLineReport(Log& log, Quarantine* quarantine);

  bool wants(BadReason reason) override;
  void report(const std::string& source, std::uint64_t line, std::uint64_t offset,
              const BadLine& bad, std::string_view raw) override;

  /// At the end: tells of those that were only counted, `… and N more lines: REASON`, and flushes
  /// the quarantine.
  void finish(const std::vector<SourceCount>& sources);

 private:
  bool tells(BadReason reason) const;

  Log& log_;
  Quarantine* const quarantine_;
  std::array<std::uint64_t, kBadReasons> told_{};
};

}  // namespace mlmon
