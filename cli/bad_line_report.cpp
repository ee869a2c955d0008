#include "cli/bad_line_report.h"

#include <fmt/format.h>

#include "core/kafka/kafka_url.h"

namespace mlmon {
namespace {

constexpr std::uint64_t kMostOfAReason = 10;
constexpr std::string_view kOrigin = "input";

}  // namespace

BadLineReport::BadLineReport(Log& log, Quarantine* quarantine)
    : log_(log), quarantine_(quarantine) {}

bool BadLineReport::wants(BadReason reason) {
  return (quarantine_ && !quarantine_->error()) || tells(reason);
}

void BadLineReport::report(const std::string& source, std::uint64_t line, std::uint64_t offset,
                           const BadLine& bad, std::string_view raw) {
  if (quarantine_) quarantine_->add(source, line, offset, bad, raw);
  if (!tells(bad.reason)) return;
  ++told_[static_cast<std::size_t>(bad.reason)];
  log_.say(LogLevel::kWarn, kOrigin,
           fmt::format("{}: {}: {}", is_kafka_url(source)
                                         ? fmt::format("{}: offset {}, line {}", source, offset, line)
                                         : fmt::format("{}:{}", source, line),
                       to_string(bad.reason), bad.detail));
}

void BadLineReport::finish(const std::vector<SourceCount>& sources) {
  if (quarantine_) quarantine_->flush();
  for (std::size_t i = 0; i < kBadReasons; ++i) {
    std::uint64_t all = 0;
    for (const SourceCount& source : sources) all += source.bad_reasons[i];
    if (all <= told_[i]) continue;
    const std::uint64_t more = all - told_[i];
    log_.say(LogLevel::kWarn, kOrigin,
             fmt::format("… and {} more line{}: {}", more, more == 1 ? "" : "s",
                         to_string(static_cast<BadReason>(i))));
  }
}

bool BadLineReport::tells(BadReason reason) const {
  return log_.shows(LogLevel::kWarn) && told_[static_cast<std::size_t>(reason)] < kMostOfAReason;
}

}  // namespace mlmon
