#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace mlmon {
namespace {

constexpr std::int64_t kRedrawNs = 100'000'000;
constexpr double kNsInSecond = 1e9;
constexpr double kSettled = 0.5;  // seconds after which a forecast means something

/// With a decimal prefix: "812 MB", "3.9 M events/s", "12 B".
std::string scaled(double number, std::string_view unit) {
  constexpr std::array<std::string_view, 6> kPrefixes = {"", "k", "M", "G", "T", "P"};
  std::size_t prefix = 0;
  for (; number >= 999.5 && prefix + 1 < kPrefixes.size(); ++prefix) number /= 1000;
  const int decimals = prefix == 0 || number >= 99.95 ? 0 : 1;
  const bool apart = prefix > 0 && unit.size() > 1;
  return fmt::format("{:.{}f} {}{}{}", number, decimals, kPrefixes[prefix], apart ? " " : "", unit);
}

std::string seconds_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::min(seconds, 1e9) + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string counted_plainly(std::uint64_t count, const char* one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

/// What there is to say, the most important first.
std::vector<std::string> parts_of(const Progress& progress, double seconds) {
  std::vector<std::string> parts;
  const auto consumed = static_cast<double>(progress.consumed);
  const auto total = static_cast<double>(progress.total);
  if (progress.total > 0) {
    const double part = std::min(1.0, consumed / total);  // a file may have grown
    parts.push_back(fmt::format("{:.0f}% of {}", std::floor(part * 100), scaled(total, "B")));
    if (consumed > 0 && part < 1 && seconds >= kSettled) {
      parts.push_back(seconds_text(seconds * (total - consumed) / consumed) + " left");
    }
  } else {
    parts.push_back(scaled(consumed, "B"));
  }
  if (seconds > 0) {
    parts.push_back(fmt::format("{:.0f} MB/s", consumed / seconds / 1e6));
    parts.push_back(scaled(static_cast<double>(progress.events) / seconds, "events/s"));
  }
  parts.push_back(counted_plainly(progress.actions, "action"));
  if (progress.bad > 0) parts.push_back(counted_plainly(progress.bad, "bad line"));
  return parts;
}

}  // namespace

std::string progress_text(const Progress& progress, std::int64_t elapsed_ns, std::size_t width) {
  std::string text;
  for (const std::string& part :
       parts_of(progress, static_cast<double>(elapsed_ns) / kNsInSecond)) {
    const std::string longer = text.empty() ? part : text + ", " + part;
    if (longer.size() > width) break;
    text = longer;
  }
  return text;
}

std::string progress_line(const Progress& progress) {
  std::string text = counted_plainly(progress.events, "event") + ", " + counted_plainly(progress.actions, "action");
  if (progress.bad > 0) text += ", " + counted_plainly(progress.bad, "bad line");
  return text;
}

bool wants_progress(ShowProgress asked, int verbosity, bool is_terminal) {
  if (asked != ShowProgress::kAuto) return asked == ShowProgress::kAlways;
  return is_terminal && verbosity >= 0;
}

ProgressLine::ProgressLine(Terminal& terminal, const Clock& clock)
    : terminal_(terminal),
      clock_(clock),
      started_ns_(clock.monotonic_ns()),
      next_ns_(started_ns_) {}

ProgressLine::~ProgressLine() { terminal_.show_status(""); }

void ProgressLine::show(const Progress& progress) {
  const std::int64_t now = clock_.monotonic_ns();
  if (now < next_ns_) return;
  next_ns_ = now + kRedrawNs;
  // In the last column a terminal may already begin a new line.
  terminal_.show_status(progress_text(progress, now - started_ns_, terminal_.width() - 1));
}

}  // namespace mlmon
