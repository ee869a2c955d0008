#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/system_clock.h"
#include "core/event/event_draft.h"
#include "core/event/event_parser.h"
#include "core/run/assembly.h"

namespace mlmon {
namespace {

/// A field that an event must have, what the flags are called that give it, and a value that would do.
struct Needed {
  Field field;
  std::string flags;
  std::string_view example;
};

constexpr std::string_view kAnyTime = "2026-01-01T00:00:00Z";

std::vector<Needed> needed(std::uint32_t kind) {
  const bool metrics = kind == kMetrics;
  return {{Field::kName, "--model", "name"},
          {Field::kVersion, "--version", "1.0.0"},
          {Field::kDeployedAt, "--deployed-at", kAnyTime},
          {metrics ? Field::kF1 : Field::kPValue,
           metrics ? "--f1, --accuracy, --precision, --recall or --metric"
                   : "--p-value, --magnitude or --feature-p-value",
           "1"}};
}

bool lacks(const EventDraft& draft, const Needed& need) {
  return figures_of(draft.kind()).has(need.field) ? !draft.has_figure() : !draft.has(need.field);
}

Field time_field(std::uint32_t kind) {
  return kind == kMetrics ? Field::kCapturedAt : Field::kDetectedAt;
}

/// Parses the drafts that emit makes.
class Trial {
 public:
  explicit Trial(EventRules rules) : parser_(std::move(rules)) {}

  /// What `mlmon run` would say of it; empty: it is an event.
  std::string complaint(const EventDraft& draft) {
    std::string line;
    draft.append_line(line);
    Event event;
    BadLine bad;
    if (parser_.parse(line, false, event, bad)) return {};
    return std::string(to_string(bad.reason)) + ": " + bad.detail;
  }

  /// The same of an event that lacks only that.
  std::string complaint_without(Field field, std::uint32_t kind) {
    EventDraft draft(kind);
    for (const Needed& other : needed(kind)) {
      if (other.field != field) draft.put_text({other.field, {}, {}}, other.example);
    }
    draft.put_text({time_field(kind), {}, {}}, kAnyTime);
    return complaint(draft);
  }

 private:
  EventParser parser_;
};

}  // namespace

int emit_command(const EmitOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const auto input = read_input_config(options.config, options.sets, log);
  if (!input) return kExitUsage;

  EventDraft draft(options.kind);
  for (const auto& [path, text] : options.values) draft.put_text(path, text);
  if (!draft.has(time_field(options.kind))) {
    const Instant now = from_unix_ns(SystemClock().now_ns());
    draft.put_text({time_field(options.kind), {}, {}}, format_rfc3339(now));
  }

  Trial trial(event_rules(*input));
  EventDraft filled = draft;  // so that what is wrong beside is told too
  bool complete = true;
  for (const Needed& need : needed(options.kind)) {
    if (!lacks(draft, need)) continue;
    const std::string complaint = trial.complaint_without(need.field, options.kind);
    log.log(LogLevel::kError, "", complaint + " (" + need.flags + ")");
    filled.put_text({need.field, {}, {}}, need.example);
    complete = false;
  }
  const std::string complaint = trial.complaint(filled);
  if (!complaint.empty()) log.log(LogLevel::kError, "", complaint);
  if (!complete || !complaint.empty()) return kExitUsage;

  std::string line;
  draft.append_line(line);
  return write_stdout(line + "\n") ? kExitDone : kExitFailed;
}

}  // namespace mlmon
