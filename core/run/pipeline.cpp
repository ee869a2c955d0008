#include "core/run/pipeline.h"

#include <algorithm>
#include <utility>

#include "core/observer/merge_by.h"
#include "core/store/telling_store.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kProgressEvery = 100 * kNsPerMs;
constexpr std::int64_t kOverdueEvery = 400 * kNsPerMs;  // how often endpoints that hang are looked for

/// A run that is asked to stop cancels the deliveries at hand so long before its limit is over; a program that one of
/// them has started gets two seconds to end.
std::int64_t before_cancel_ns(std::int64_t limit_ns) { return std::min(limit_ns / 10 * 3, 3 * kNsPerSecond); }

/// And gives up those that have not come back so long before: the account is to be settled in time.
std::int64_t before_give_up_ns(std::int64_t limit_ns) { return std::min(limit_ns / 8, 500 * kNsPerMs); }

/// For poll(2): the time until so many nanoseconds are over, at most a day.
int timeout_ms(std::int64_t ns) {
  return static_cast<int>(std::clamp(ns / kNsPerMs + 1, std::int64_t{0}, kMsPerDay));
}

}  // namespace

Pipeline::Pipeline(PipelineParts parts, PipelineOptions options)
    : parts_(parts),
      options_(options),
      dispatcher_(parts.observers, parts.models, parts.rules),
      jobs_(parts.store, parts.models, parts.rules),
      coverage_(parts.intake.sources(), parts.rules.projections, options.from_start),
      deliveries_(parts.observers, parts.store, parts.clock, parts.log,
                  [this] { parts_.wakeup.wake(); }),
      writer_(parts.observers, parts.intake.sources(), parts.models, parts.store, parts.output, deliveries_,
              options.deliver, options.checkpoints.durable),
      checkpoints_(parts.observers, parts.models, parts.store, coverage_, writer_,
                   options.checkpoints, [this] { parts_.wakeup.wake(); }) {
  checkpoints_.after_commit = [this] {
    parts_.intake.committed();
    if (after_commit_) after_commit_();
  };
}

Pipeline::~Pipeline() = default;

Result<void> Pipeline::run() {
  if (const Result<void> begun = begin(); !begun) fail(begun.error());
  while (!failed_) {
    parts_.wakeup.clear();
    if (stop_.load()) cancel();
    reload();
    const bool moved = step();
    if (failed_) break;
    if (!backlog_over_ && options_.deliver && parts_.intake.caught_up() && dispatcher_.empty() &&
        checkpoints_.settled()) {
      if (const auto ended = end_backlog(); !ended) fail(ended.error());
    }
    if (input().ended && checkpoints_.settled() && !pausing()) break;
    if (!moved && !parts_.intake.parse()) wait();
    tell_progress();
  }
  // Something else has failed.
  if (const Result<void> done = checkpoints_.finish(); !done) fail(done.error());
  dispatcher_.give_up();
  for (PipelineObserver& observer : parts_.observers) {
    if (observer.host) observer.host->finish();
  }
  const Result<void> delivered = deliver_rest();
  if (failed_) return *failed_;
  if (options_.checkpoints.durable && options_.deliver) {
    if (const Result<void> noted = writer_.note_written(true); !noted) return noted;
  }
  if (const Result<void> left = leave_group(); !left) return left;
  return delivered;
}

void Pipeline::stop() {
  const std::int64_t now = parts_.clock.monotonic_ns();
  stop_limit_ns_.store(options_.shutdown_timeout_ns < INT64_MAX - now ? now + options_.shutdown_timeout_ns : INT64_MAX);
  stop_.store(true);
  parts_.wakeup.wake();
}

void Pipeline::ask_reload() {
  reload_.store(true);
  parts_.wakeup.wake();
}

/// Between two events, the same for all observers: they have seen all that was handed out, and what came of it is
/// in the store.
void Pipeline::reload() {
  if (!swapping_ && !stop_.load() && on_reload && reload_.exchange(false) && on_reload()) {
    swapping_ = true;
    checkpoints_.demand();
  }
  if (!regrouping_ && !stop_.load() && parts_.intake.wants_regroup()) {
    regrouping_ = true;
    checkpoints_.demand();
  }
  if (!pausing() || !dispatcher_.empty() || !checkpoints_.settled()) return;
  if (std::exchange(regrouping_, false)) {
    if (const Result<void> changed = change_group(false); !changed) return fail(changed.error());
  }
  if (!std::exchange(swapping_, false)) return;
  if (const Result<void> swapped = swap(); !swapped) fail(swapped.error());
}

/// `refused`: nothing counts of what has come since the last checkpoint.
Result<void> Pipeline::change_group(bool refused) {
  if (refused) {
    regrouping_ = false;
    dispatcher_.drop();
    coverage_.drop();
    writer_.drop();
    jobs_.forget();
    parts_.intake.late().forget();
  } else if (const auto noted = writer_.note_written(false); !noted) {
    return noted;
  }
  deliveries_.wait_for_rounds();
  return regroup(refused);
}

Result<void> Pipeline::begin_sources(const std::vector<std::size_t>& sources, const std::vector<DueLine>& due) {
  for (const std::size_t source : sources) coverage_.begin_anew(source);
  parts_.intake.forget_caught_up();
  if (options_.deliver && backlog_over_) {
    // What another run has held back for the end of its own.
    const auto ended = parts_.store.tellings().end_backlog(deliveries_.now_ms());
    if (!ended) return ended;
  }
  if (!due.empty()) {
    if (const auto written = writer_.write_due(due); !written) return written;
  }
  return options_.deliver ? deliveries_.look_again() : Result<void>();
}

/// Where the store keeps partitions for several runs.
std::size_t Pipeline::source_in(std::int64_t row) const {
  const std::vector<Source>& sources = std::as_const(parts_.intake).sources();
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const Source& one) { return one.booked && one.booked->known.row == row; });
  return found == sources.end() ? JobFeedback::kNowhere : static_cast<std::size_t>(found - sources.begin());
}

void Pipeline::take_leave(std::size_t index, bool counts) {
  if (parts_.observers[index].host) parts_.observers[index].host->finish();
  if (counts) writer_.take_leave(index);
  const std::vector<ObserverReceipt> receipt = {receipt_of(index)};
  merge_by(&ObserverReceipt::observer, left_, receipt,
           [](ObserverReceipt& all, const ObserverReceipt& one) { add_to(all, one); });
}

Result<void> Pipeline::succeed(const Succession& succession, const std::vector<PipelineObserver>& before) {
  dispatcher_.begin_again(parts_.rules);
  jobs_.use(parts_.rules);
  coverage_.succeed(succession, before, parts_.rules.projections);
  writer_.succeed(succession);
  return options_.deliver ? deliveries_.succeed(succession) : Result<void>();
}

/// Before anything is read: what an earlier run left to be written, and to be delivered.
Result<void> Pipeline::begin() {
  const bool durable = options_.checkpoints.durable;
  writer_.set_backlog(options_.backlog);
  if (options_.backlog == Backlog::kAll && options_.deliver) {
    // A run that was killed may have left some.
    if (const auto ended = end_backlog(); !ended) return ended;
  }
  if (durable && options_.deliver) {
    // Of partitions that are shared they are written by whoever claims those.
    const auto written = parts_.store.is_shared() ? Result<void>() : writer_.write_due();
    if (!written) return written;
    if (const auto pruned = parts_.store.prune(parts_.clock.now_ns()); !pruned) return pruned;
  }
  if (durable && options_.from_start) {
    if (const auto replayed = jobs_.replay(); !replayed) return replayed;
  }
  return options_.deliver ? deliveries_.start() : Result<void>();
}

/// From here on alerts are told as they come; of what came before, what still fires.
Result<void> Pipeline::end_backlog() {
  writer_.set_backlog(Backlog::kAll);
  backlog_over_ = true;
  const auto ended = parts_.store.tellings().end_backlog(deliveries_.now_ms());
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
  if (dispatcher_.empty() && !pausing()) moved |= take_ends();
  if (dispatcher_.empty() && !pausing() && !checkpoints_.full()) moved |= take_batch();
  moved |= dispatcher_.step();
  moved |= deliveries_.step();
  if (auto piece = dispatcher_.take_done()) {
    if (options_.checkpoints.durable) {
      coverage_.add(std::move(*piece));
    } else if (options_.checkpoints.count) {
      coverage_.count(*piece);
    }
  }
  const Result<bool> stepped = checkpoints_.step(parts_.clock.monotonic_ns(), input());
  if (!stepped) fail(stepped.error());
  if (checkpoints_.take_refusal()) {
    if (const auto changed = change_group(true); !changed) fail(changed.error());
    return true;
  }
  return moved || (stepped && *stepped);
}

bool Pipeline::take_batch() {
  std::shared_ptr<const Batch> batch = parts_.intake.take();
  if (!batch) return false;
  if (batch->counted()) tally_.add(*batch);
  std::shared_ptr<BookedSource> source = parts_.intake.sources()[batch->source_index].booked;
  hand_out(jobs_.pieces_of(std::move(batch), std::move(source)));
  return true;
}

/// Ends of jobs; where files are read again, first those that somebody was told of then.
bool Pipeline::take_ends() {
  if (!options_.checkpoints.durable) return false;
  if (jobs_.replaying()) {
    if (!parts_.intake.caught_up()) return false;
    hand_out(jobs_.at_end());
    if (!dispatcher_.empty()) return true;
  }
  hand_out(jobs_.poll(parts_.clock.monotonic_ns(), checkpoints_.in_store(), [this](std::int64_t row) {
    return parts_.store.is_shared() ? source_in(row) : std::size_t{0};
  }));
  return !dispatcher_.empty();
}

void Pipeline::hand_out(Result<std::vector<Piece>> pieces) {
  if (!pieces) return fail(pieces.error());
  for (Piece& piece : *pieces) dispatcher_.add(std::move(piece));
}

Checkpoints::Input Pipeline::input() const {
  return {dispatcher_.empty(),
          parts_.intake.ended() && dispatcher_.empty() && !jobs_.replaying(),
          parts_.intake.waits_for_input()};
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
    const std::int64_t now = parts_.clock.monotonic_ns();
    if (stop_.load()) until = std::min(until, stop_limit_ns_.load() - before_cancel_ns(options_.shutdown_timeout_ns));
    deliveries_.step();
    if (deliveries_.drained() || until <= now) break;
    // One that hangs wakes nobody when its time is over.
    parts_.wakeup.wait(-1, timeout_ms(std::min(until - now, kOverdueEvery)));
  }
  deliveries_.stop(stop_.load() ? stop_limit_ns_.load() - before_give_up_ns(options_.shutdown_timeout_ns) : INT64_MAX);
  const Result<OutboxTotals> totals = parts_.store.totals();
  writer_.settle(totals ? std::optional(*totals) : std::nullopt);
  if (!totals) return totals.error();
  return {};
}

/// The one place where the pipeline waits: for input, another thread, or the first thing that is due.
void Pipeline::wait() {
  for (const PipelineObserver& observer : parts_.observers) {
    if (observer.host) observer.host->flush();
  }
  const std::int64_t now = parts_.clock.monotonic_ns();
  std::optional<std::int64_t> limit_ns;
  const auto at_most = [&](std::int64_t ns) { limit_ns = std::min(limit_ns.value_or(ns), ns); };
  if (const auto due = checkpoints_.next_due_ns(input())) {
    at_most(std::max<std::int64_t>(*due - now, 0));
  }
  if (const std::int64_t look_ns = parts_.intake.poll_limit_ns(); look_ns >= 0) at_most(look_ns);
  if (options_.checkpoints.durable) at_most(JobFeedback::kLookEveryNs);
  if (on_progress) at_most(kProgressEvery);
  parts_.wakeup.wait(parts_.intake.poll_fd(), limit_ns ? timeout_ms(*limit_ns) : -1);
}

void Pipeline::tell_progress() {
  if (!on_progress) return;
  const std::int64_t now = parts_.clock.monotonic_ns();
  if (now - last_progress_ns_ < kProgressEvery) return;
  last_progress_ns_ = now;
  const Intake& intake = parts_.intake;
  on_progress({intake.consumed(), intake.total(), intake.events(), intake.bad(), actions().fresh});
}

ObserverReceipt Pipeline::receipt_of(std::size_t index) const {
  const PipelineObserver& observer = parts_.observers[index];
  ObserverCounts counts = observer.host ? observer.host->counts() : ObserverCounts{};
  counts.dropped += observer.missed;
  counts.actions = writer_.actions_of(index);
  return {observer.name, counts, observer.host ? observer.host->failure() : observer.failure,
          observer.loaded, observer.apart};
}

std::vector<ObserverReceipt> Pipeline::observer_receipts() const {
  std::vector<ObserverReceipt> receipts;
  for (std::size_t i = 0; i < parts_.observers.size(); ++i) {
    if (const auto leader = parts_.observers[i].leader) {
      add_to(receipts[*leader], receipt_of(i));
    } else {
      receipts.push_back(receipt_of(i));
    }
  }
  merge_by(&ObserverReceipt::observer, receipts, left_,
           [](ObserverReceipt& receipt, const ObserverReceipt& left) { add_to(receipt, left); });
  return receipts;
}

}  // namespace mlmon
