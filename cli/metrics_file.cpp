#include "cli/metrics_file.h"

#include <algorithm>
#include <utility>

#include "cli/file_writer.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kAnyway = 10 * kNsPerSecond;
constexpr std::int64_t kLongest = 14 * kNsPerSecond;  // after a change
constexpr std::int64_t kShareOfTime = 20;        // at most a twentieth of it is spent here

}  // namespace

MetricsFile::MetricsFile(std::string path, const Clock& clock,
                         std::function<Result<std::string>()> text)
    : path_(std::move(path)), clock_(clock), text_(std::move(text)) {}

void MetricsFile::write_if_due() {
  const std::int64_t passed_ns = clock_.monotonic_ns() - last_ns_;
  const bool due = last_ns_ == 0 || passed_ns >= std::min(took_ns_ * kShareOfTime, kLongest);
  if ((changed_ && due) || passed_ns >= kAnyway) write();
}

void MetricsFile::write() {
  const std::int64_t begun_ns = clock_.monotonic_ns();
  const Result<std::string> text = text_();
  const Result<void> written = text ? write_atomically(path_, *text) : text.error();
  error_ = written ? std::nullopt : std::optional(written.error());
  changed_ = !written;
  last_ns_ = clock_.monotonic_ns();
  took_ns_ = last_ns_ - begun_ns;
}

}  // namespace mlmon
