#include "core/run/pipeline.h"

#include <algorithm>
#include <utility>

#include "core/store/telling_store.h"

namespace mlmon {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kProgressEvery = 100 * kNsPerMs;

/// For poll(2): the time until so many nanoseconds are over, at most a day.
int timeout_ms(std::int64_t ns) {
  constexpr std::int64_t kDayMs = 86'400'000;
  return static_cast<int>(std::clamp(ns / kNsPerMs + 1, std::int64_t{0}, kDayMs));
}

}  // namespace

Pipeline::Pipeline(PipelineParts parts, PipelineOptions options)
    : parts_(parts),
      options_(options),
      dispatcher_(parts.observers, parts.models, parts.rules),
      jobs_(parts.store, parts.models, parts.rules),
      coverage_(parts.intake.booked(), parts.rules.projections, options.from_start),
      deliveries_(parts.observers, parts.store, parts.clock, parts.log,
                  [this] { parts_.wakeup.wake(); }),
      checkpoints_({parts.observers, parts.models, parts.store, parts.output, coverage_, deliveries_,
                    parts.clock},
                   options.deliver, options.durable, [this] { parts_.wakeup.wake(); }) {}

Pipeline::~Pipeline() = default;

Result<void> Pipeline::run() {
  if (const Result<void> begun = begin(); !begun) fail(begun.error());
  while (!failed_) {
    parts_.wakeup.clear();
    if (stop_.load()) cancel();
    const bool moved = step();
    if (failed_) break;
    const bool all_handed_out =
        parts_.intake.ended() && dispatcher_.empty() && !jobs_.replaying();
    if (!backlog_over_ && parts_.intake.caught_up() && dispatcher_.empty() && !barrier_ &&
        !checkpoints_.busy() && observers_idle() && pending() == 0 && options_.deliver) {
      if (const auto ended = end_backlog(); !ended) fail(ended.error());
    }
    if (all_handed_out && !barrier_ && !checkpoints_.busy() && observers_idle() &&
        pending() == 0 && !something_to_keep()) {
      break;
    }
    if (!moved && !parts_.intake.parse()) wait();
    tell_progress();
  }
  if (checkpoints_.busy()) {  // something else has failed
    if (const Result<void> done = checkpoints_.finish(); !done) fail(done.error());
  }
  dispatcher_.give_up();
  for (PipelineObserver& observer : parts_.observers) {
    if (observer.host) observer.host->finish();
  }
  const Result<void> delivered = deliver_rest();
  if (failed_) return *failed_;
  if (options_.durable && options_.deliver) {
    if (const Result<void> noted = checkpoints_.note_written(); !noted) return noted;
  }
  return delivered;
}

void Pipeline::stop() {
  stop_.store(true);
  parts_.wakeup.wake();
}

/// Before anything is read: what an earlier run left to be written, and to be delivered.
Result<void> Pipeline::begin() {
  last_checkpoint_ns_ = parts_.clock.monotonic_ns();
  checkpoints_.set_backlog(options_.backlog);
  if (options_.backlog == Backlog::kAll && options_.deliver) {
    // A run that was killed may have left some.
    if (const auto ended = end_backlog(); !ended) return ended;
  }
  if (options_.durable && options_.deliver) {
    if (const auto written = checkpoints_.write_due(); !written) return written;
    if (const auto pruned = parts_.store.prune(parts_.clock.now_ns()); !pruned) return pruned;
  }
  if (options_.durable && options_.from_start) {
    if (const auto replayed = jobs_.replay(); !replayed) return replayed;
  }
  return options_.deliver ? deliveries_.start() : Result<void>();
}

/// From here on alerts are told as they come; of what came before, what still fires.
Result<void> Pipeline::end_backlog() {
  checkpoints_.set_backlog(Backlog::kAll);
  backlog_over_ = true;
  const auto ended = parts_.store.tellings().end_backlog(parts_.clock.now_ns() / kNsPerMs);
  if (ended) deliveries_.notify();
  return ended;
}

/// What fails first is told; the rest may come of it.
void Pipeline::fail(const Error& error) {
  if (!failed_) failed_ = error;
}

/// Reads no more, and lets the plugins know.
void Pipeline::cancel() {
  parts_.intake.stop();
  for (PipelineObserver& observer : parts_.observers) {
    if (observer.host) observer.host->cancel();
  }
}

/// Does what can be done now; false: nothing.
bool Pipeline::step() {
  bool moved = parts_.intake.advance();
  if (dispatcher_.empty()) moved |= take_ends();
  if (dispatcher_.empty() && !decisions_pile_up()) moved |= take_batch();
  moved |= dispatcher_.step();
  if (auto piece = dispatcher_.take_done(); piece && options_.durable) {
    coverage_.add(std::move(*piece));
  }
  moved |= checkpoint();
  return moved;
}

bool Pipeline::take_batch() {
  std::shared_ptr<const Batch> batch = parts_.intake.take();
  if (!batch) return false;
  if (batch->counted()) tally_.add(*batch);
  std::shared_ptr<BookedSource> source = parts_.intake.booked()[batch->source_index];
  hand_out(jobs_.pieces_of(std::move(batch), std::move(source)));
  return true;
}

/// Ends of jobs; where files are read again, first those that somebody was told of then.
bool Pipeline::take_ends() {
  if (!options_.durable) return false;
  if (jobs_.replaying()) {
    if (!parts_.intake.caught_up()) return false;
    hand_out(jobs_.at_end());
    if (!dispatcher_.empty()) return true;
  }
  hand_out(jobs_.poll(parts_.clock.monotonic_ns(), checkpoints_.busy()));
  return !dispatcher_.empty();
}

void Pipeline::hand_out(Result<std::vector<Piece>> pieces) {
  if (!pieces) return fail(pieces.error());
  for (Piece& piece : *pieces) dispatcher_.add(std::move(piece));
}

std::uint64_t Pipeline::pending() const {
  std::uint64_t pending = 0;
  for (const PipelineObserver& observer : parts_.observers) {
    if (observer.host) pending += observer.host->pending();
  }
  return pending;
}

bool Pipeline::observers_idle() const {
  return std::all_of(parts_.observers.begin(), parts_.observers.end(),
                     [](const PipelineObserver& observer) {
                       return !observer.host || observer.host->idle();
                     });
}

/// There is something that only a checkpoint makes durable, beside decisions.
bool Pipeline::something_to_keep() const { return options_.durable && coverage_.any(); }

bool Pipeline::wants_barrier() const {
  // Behind a part of a batch the observers would stand at different places.
  if (!dispatcher_.empty()) return false;
  const std::uint64_t decisions = pending();
  const bool ended = parts_.intake.ended() && observers_idle();
  if (decisions == 0 && !something_to_keep()) return false;
  if (decisions >= options_.checkpoint_after || ended) return true;
  if (decisions > 0 && parts_.intake.waits_for_input() && observers_idle()) return true;
  return parts_.clock.monotonic_ns() - last_checkpoint_ns_ >= options_.checkpoint_every_ns;
}

/// While a barrier waits in the queue of a slow observer that holds up nobody (drop_newest), or a checkpoint
/// for its transaction, the others must not decide on and on: decisions stay in memory until they are
/// committed.
bool Pipeline::decisions_pile_up() const {
  return (barrier_ || checkpoints_.busy()) && pending() >= options_.most_pending;
}

/// Sends a barrier when it is time for one, begins a checkpoint once it has come out of every queue, and
/// finishes that once it is in the store.
bool Pipeline::checkpoint() {
  if (checkpoints_.busy()) {
    if (!checkpoints_.committed()) return false;
    if (const Result<void> done = checkpoints_.finish(); !done) fail(done.error());
    last_checkpoint_ns_ = parts_.clock.monotonic_ns();
    return true;
  }
  if (!barrier_) {
    if (!wants_barrier()) return false;
    for (PipelineObserver& observer : parts_.observers) {
      if (observer.host) observer.host->put_barrier();
    }
    coverage_.seal();
    barrier_ = true;
    return true;
  }
  for (const PipelineObserver& observer : parts_.observers) {
    if (observer.host && !observer.host->barrier_passed()) return false;
  }
  barrier_ = false;
  if (before_commit) before_commit();
  checkpoints_.begin();
  return true;
}

/// Goes on delivering for a while after the last commit and settles the account.
Result<void> Pipeline::deliver_rest() {
  if (!failed_ && options_.deliver && !backlog_over_) {
    if (const auto ended = end_backlog(); !ended) fail(ended.error());
  }
  deliveries_.close_groups();
  std::int64_t until = parts_.clock.monotonic_ns() + options_.deliver_timeout_ns;
  for (;;) {
    parts_.wakeup.clear();
    // Once it is asked to stop, what is left of the time for that belongs to the store.
    const std::int64_t now = parts_.clock.monotonic_ns();
    if (stop_.load()) until = std::min(until, now + options_.shutdown_timeout_ns / 4);
    if (deliveries_.drained() || until <= now) break;
    parts_.wakeup.wait(-1, timeout_ms(until - now));
  }
  deliveries_.stop();
  const Result<OutboxTotals> totals = parts_.store.totals();
  checkpoints_.settle(totals ? std::optional(*totals) : std::nullopt);
  if (!totals) return totals.error();
  return {};
}

/// The one place where the pipeline waits: for input, another thread, or the next checkpoint.
void Pipeline::wait() {
  for (const PipelineObserver& observer : parts_.observers) {
    if (observer.host) observer.host->flush();
  }
  std::int64_t limit_ns = -1;
  const bool barrier_may_come = !barrier_ && !checkpoints_.busy() && dispatcher_.empty();
  if (barrier_may_come && (pending() > 0 || something_to_keep())) {
    const std::int64_t next_ns = last_checkpoint_ns_ + options_.checkpoint_every_ns;
    limit_ns = std::max<std::int64_t>(next_ns - parts_.clock.monotonic_ns(), 0);
  }
  if (const std::int64_t look_ns = parts_.intake.poll_limit_ns(); look_ns >= 0) {
    limit_ns = limit_ns < 0 ? look_ns : std::min(limit_ns, look_ns);
  }
  const auto at_most = [&](std::int64_t ns) { limit_ns = limit_ns < 0 ? ns : std::min(limit_ns, ns); };
  if (options_.durable) at_most(JobFeedback::kLookEveryNs);
  if (on_progress) at_most(kProgressEvery);
  parts_.wakeup.wait(parts_.intake.poll_fd(), limit_ns < 0 ? -1 : timeout_ms(limit_ns));
}

void Pipeline::tell_progress() {
  if (!on_progress) return;
  const std::int64_t now = parts_.clock.monotonic_ns();
  if (now - last_progress_ns_ < kProgressEvery) return;
  last_progress_ns_ = now;
  Progress progress{parts_.intake.consumed(), parts_.intake.total(), 0, 0, actions().fresh};
  for (const SourceCount& source : parts_.intake.sources()) {
    progress.events += source.events;
    progress.bad += source.bad;
  }
  on_progress(progress);
}

std::vector<ObserverReceipt> Pipeline::observer_receipts() const {
  std::vector<ObserverReceipt> receipts;
  for (const PipelineObserver& observer : parts_.observers) {
    ObserverCounts counts = observer.host ? observer.host->counts() : ObserverCounts{};
    counts.dropped += observer.missed;
    counts.actions = checkpoints_.actions_of(receipts.size());
    receipts.push_back(
        {observer.name, counts, observer.host ? observer.host->failure() : observer.failure});
  }
  return receipts;
}

}  // namespace mlmon
