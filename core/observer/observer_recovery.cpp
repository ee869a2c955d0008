#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/observer/observer_host.h"
#include "core/observer/view_columns.h"
#include "core/plugin/plugin_call.h"

// What a host does when its observer's process is gone: starts it again, and finds the event that ends it.

namespace mlmon {
namespace {

constexpr int kMostFailures = 5;
constexpr int kMostPoisonInARow = 16;

}  // namespace

/// Whoever kills its process while it begins does not keep it from beginning.
Result<void> ObserverHost::create() {
  Result<void> made = instance_.create();
  for (int failed = 1; !made && instance_.lost() && failed < kMostFailures; ++failed) made = instance_.restart();
  if (!made) instance_.destroy();
  return made;
}

/// The process is gone in the middle of a view: starts it again, with what it has kept by the end of the
/// view before, and lets it see the view once more. If it fails again, the fault is looked for in the view.
void ObserverHost::recover(const BatchView& view, const std::string& why) {
  if (!restart(view)) return drop(view);
  const Result<void> again = decide(view);
  if (again) return log_.log(LogLevel::kWarn, name(), place_of(view) + ": " + why + "; started again");
  if (!instance_.lost()) {
    drop(view);
    return stop_at(view, again.error().text);
  }
  --failures_;  // not a fault of the process, but of an event
  search(view, again.error().text);
}

/// The process is gone, and fails whenever it sees the whole view: finds the events that are to blame. In
/// eighths, since a failure costs a start and a call next to nothing.
void ObserverHost::search(const BatchView& view, const std::string& why) {
  constexpr std::uint32_t kParts = 8;
  const mlmon_batch batch = selected(view);
  if (batch.count == 0) return fail(why);  // it cannot even hear that events are missing
  if (batch.count == 1) return try_alone(view, why);
  const std::uint32_t size = std::max((view.rows + kParts - 1) / kParts, 1u);
  for (std::uint32_t at = 0; at < view.rows; at += size) {
    const BatchView part = {view.batch, view.first + at, std::min(size, view.rows - at),
                            at == 0 ? view.dropped_before : 0};
    const mlmon_batch events = selected(part);
    if (events.count == 0 && events.dropped == 0) continue;
    if (failed_ || (instance_.lost() && !start_again(part))) {
      drop(part);
      continue;
    }
    const Result<void> done = decide(part);
    if (done) continue;
    if (instance_.lost()) {
      search(part, done.error().text);
    } else {
      drop(part);
      stop_at(part, done.error().text);
    }
  }
}

/// One event, at which the process has failed: if it does so again, the event is skipped from here on.
void ObserverHost::try_alone(const BatchView& view, const std::string& why) {
  if (!start_again(view)) return drop(view);
  const Result<void> done = decide(view);
  if (done) return;
  if (!instance_.lost()) {
    drop(view);
    return stop_at(view, done.error().text);
  }
  skip(view, done.error().text);
  count_poison(view.batch, subscribed_row(view));
  if (++poison_in_a_row_ < kMostPoisonInARow) return;
  stop_at({view.batch, view.first + view.rows - 1, 1, 0},
          fmt::format("its process failed at each of the last {} events: {}", kMostPoisonInARow, why));
}

/// The view's one event that it subscribed to is poison.
void ObserverHost::skip(const BatchView& view, const std::string& why) {
  const Batch& batch = *view.batch;
  const std::uint32_t row = subscribed_row(view);
  poison_.add(batch, row, instance_.state());
  wants_checkpoint_.store(true);
  const std::string place = place_of_lines(*batch.source, batch.line[row], batch.line[row]);
  log_.log(LogLevel::kError, name(), place + ": " + why + "; skipped");
  if (!setup_.on_poison) return;
  setup_.on_poison({name(), *batch.source, batch.line[row], batch.offset[row], why,
                    std::string(batch.block.text().substr(batch.raw_off[row], batch.raw_len[row]))});
}

/// The first, and there is one.
std::uint32_t ObserverHost::subscribed_row(const BatchView& view) {
  std::uint32_t row = view.first;
  while (subscription_.count(*view.batch, row, 1) == 0) ++row;
  return row;
}

/// After a failure that counts; false: there were too many of them, and the observer is stopped.
bool ObserverHost::restart(const BatchView& view) {
  wants_checkpoint_.store(true);
  ++failures_;
  if (failures_ < kMostFailures) return start_again(view);
  stop_at(view, fmt::format("its process failed {} times without a checkpoint between: {}", failures_,
                            instance_.last_failure()));
  return false;
}

bool ObserverHost::start_again(const BatchView& view) {
  for (;;) {
    const Result<void> started = instance_.restart();
    if (started) return true;
    if (!instance_.lost() || ++failures_ >= kMostFailures) {
      stop_at(view, "it could not be started again: " + started.error().text);
      return false;
    }
  }
}

}  // namespace mlmon
