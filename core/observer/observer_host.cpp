#include "core/observer/observer_host.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/by_handle.h"
#include "core/observer/view_columns.h"
#include "core/thread_start.h"

namespace mlmon {
namespace {

constexpr const char* kEventTime = "mlmon:event_time";

}  // namespace

ObserverHost::ObserverHost(ObserverSetup setup, const ModelTable& models, LogSink& log,
                           std::function<void()> wake)
    : setup_(std::move(setup)),
      models_(models),
      log_(log),
      wake_(std::move(wake)),
      queue_(setup_.capacity),
      view_rows_(std::max(setup_.capacity / 4, 1u)),
      offered_(setup_.models, setup_.kinds, models),
      instance_(setup_, models, log),
      subscription_(setup_.models, setup_.kinds, models) {}

ObserverHost::~ObserverHost() { finish(); }

Result<void> ObserverHost::start() {
  Result<void> result = start_thread(thread_, [this] { return create(); }, [this] { run(); });
  settle(instance_.kinds());
  return result;
}

void ObserverHost::settle(std::vector<std::uint32_t> kinds, std::vector<std::string> audience) {
  instance_.set_audience(std::move(audience));
  offered_ = Subscription(setup_.models, kinds, models_);
  subscription_ = Subscription(setup_.models, std::move(kinds), models_);
}

std::uint32_t ObserverHost::offer(const std::shared_ptr<const Batch>& batch, std::uint32_t first,
                                  std::uint32_t end) {
  std::uint32_t taken = 0;
  while (first + taken < end) {
    const std::uint32_t rows = std::min(view_rows_, end - first - taken);
    BatchView view = {batch, first + taken, rows, dropped_before_};
    if (queue_.fits(view)) {
      queue_.put(std::move(view));
      dropped_before_ = 0;
    } else if (setup_.drop_newest && batch->counted()) {
      const std::uint64_t dropped = offered_.count(*batch, first + taken, rows);
      dropped_before_ += dropped;
      dropped_full_ += dropped;
    } else {
      break;
    }
    taken += rows;
  }
  return taken;
}

void ObserverHost::put_barrier() {
  ++barriers_put_;
  queue_.put_mark(QueueItem::Kind::kBarrier);
}

Epoch ObserverHost::collect() {
  const std::lock_guard lock(mutex_);
  return std::exchange(handed_over_, {});
}

std::vector<DerivedEvent> ObserverHost::take_derived() {
  const std::lock_guard lock(mutex_);
  return std::exchange(derived_, {});
}

void ObserverHost::finish() {
  if (!thread_.joinable()) return;
  queue_.put_mark(QueueItem::Kind::kEnd);
  thread_.join();
}

std::string ObserverHost::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

ObserverCounts ObserverHost::counts() const {
  ObserverCounts counts = counts_;
  counts.dropped += dropped_full_;
  counts.suppressed = instance_.suppressed();
  counts.emitted = instance_.emitted();
  counts.suppressed_by = instance_.suppressed_by();
  counts.counters = instance_.counters().totals();
  counts.rules = take_rule_counts(counts.counters, instance_.acted_by());
  return counts;
}

void ObserverHost::run() {
  clock_.tick_every(instance_.tick_every_ns());
  const std::string* event_time = instance_.state().get(0, kEventTime);
  if (setup_.predecessor) begun_anew_ = std::move(setup_.predecessor->begun_anew);
  const bool goes_on = !setup_.begin_anew || setup_.predecessor;
  if (event_time != nullptr && goes_on) clock_.go_on(*event_time);
  poison_.load(instance_.state());
  for (bool ended = false; !ended;) {
    const QueueItem item = queue_.take();
    const std::size_t decided = instance_.decisions().size();
    switch (item.kind) {
      case QueueItem::Kind::kEvents:
        observe(item.view);
        break;
      case QueueItem::Kind::kBarrier:
        pass_barrier();
        break;
      case QueueItem::Kind::kEnd:
        ended = true;
        break;
    }
    // A pipeline that waits for nothing that has come true may sleep on.
    const bool news = item.kind != QueueItem::Kind::kEvents || instance_.has_any_audience() ||
                      instance_.decisions().size() != decided;
    if (queue_.done() || news) wake_();
  }
  if (!failed_) {
    Result<void> done = instance_.finish();
    if (!done && instance_.lost() && instance_.restart()) done = instance_.finish();
    if (!done) fail(done.error().text);
  }
  instance_.destroy();
}

void ObserverHost::observe(const BatchView& view) {
  if (clock_.ticks() && !view.batch->derived) {
    observe_with_ticks(view);
  } else {
    observe_part(view);
  }
  if (instance_.derived().empty()) return;
  const std::lock_guard lock(mutex_);
  std::move(instance_.derived().begin(), instance_.derived().end(), std::back_inserter(derived_));
  instance_.derived().clear();
}

/// Cuts the view where ticks are due, so that they come between the same two events in any split.
void ObserverHost::observe_with_ticks(const BatchView& view) {
  const Batch& batch = *view.batch;
  subscription_.select(batch, view.first, view.rows, ticking_);
  BatchView part = {view.batch, view.first, 0, view.dropped_before};
  for (const std::uint32_t selected : ticking_) {
    const std::uint32_t row = view.first + selected;
    if (failed_) break;  // what it has not seen is still to come for its clock
    if (batch.kind[row] == kJob) continue;
    if (const auto tick_ns = clock_.due_before(batch.time_ns[row])) {
      part.rows = row - part.first;
      observe_part(part);
      part = {view.batch, row, 1, 0};
      tick_before(part, *tick_ns);
    }
    clock_.see(batch.time_ns[row]);
  }
  part.rows = view.first + view.rows - part.first;
  observe_part(part);
}

void ObserverHost::tick_before(const BatchView& view, std::int64_t tick_ns) {
  if (failed_ || (instance_.lost() && !start_again(view))) return;
  const std::size_t decided = instance_.decisions().size();
  Result<void> done = instance_.on_tick(view, tick_ns);
  for (int failed = 1; !done && instance_.lost(); ++failed) {
    const std::string why = done.error().text;
    if (!restart(view)) return;
    if (failed == 2) return skip(view, why + ", at the tick before it");
    done = instance_.on_tick(view, tick_ns);
  }
  if (!done) stop_at(view, done.error().text);
  pending_.fetch_add(instance_.decisions().size() - decided);
}

void ObserverHost::observe_part(const BatchView& view) {
  // Also where it sees none of these events: what was kept goes for all observers alike.
  if (setup_.begin_anew && (view.batch->counted() || view.batch->derived)) begin_anew(view);
  BatchView rest = view;
  for (std::uint32_t row = view.first; poison_.any() && row < view.first + view.rows; ++row) {
    if (!is_poisoned(*view.batch, row)) continue;
    rest.rows = row - rest.first;
    observe_rows(rest);
    if (failed_) {
      rest = {view.batch, row, view.first + view.rows - row, 0};
      break;
    }
    count_poison(view.batch, row);
    rest = {view.batch, row + 1, 0, 0};
  }
  rest.rows = view.first + view.rows - rest.first;
  if (rest.rows > 0 || rest.dropped_before > 0) observe_rows(rest);
}

/// It is subscribed to, and known to end the process.
bool ObserverHost::is_poisoned(const Batch& batch, std::uint32_t row) {
  return poison_.any() && poison_.has(batch, row) && subscription_.count(batch, row, 1) == 1;
}

void ObserverHost::count_poison(const std::shared_ptr<const Batch>& batch, std::uint32_t row) {
  if (batch->counted()) {
    ++counts_.poisoned;
  } else {
    ++counts_.poisoned_derived;
  }
  note_ends({batch, row, 1, 0});
}

mlmon_batch ObserverHost::selected(const BatchView& view) {
  return columns_of(view, subscription_, selected_);
}

/// Rows none of which is known to be poison.
void ObserverHost::observe_rows(const BatchView& view) {
  const mlmon_batch batch = selected(view);
  if (failed_) {
    if (view.batch->counted()) counts_.dropped += batch.count;
    return;
  }
  if (batch.count == 0 && batch.dropped == 0) return;
  note_ends(view);
  if (instance_.lost() && !start_again(view)) return drop(view);  // at the event before, which is skipped
  if (const Result<void> done = decide(view); !done) {
    if (instance_.lost()) return recover(view, done.error().text);
    if (view.batch->counted()) counts_.dropped += batch.count;
    stop_at(view, done.error().text);
  }
}

/// Calls the instance with the view's events; if it took them they are counted.
Result<void> ObserverHost::decide(const BatchView& view) {
  mlmon_batch batch = selected(view);
  const std::uint32_t count = batch.count;
  const std::size_t decided = instance_.decisions().size();
  Result<void> done = instance_.on_batch(view, batch);
  if (!done) return done;
  if (view.batch->counted()) counts_.observed += count;
  if (view.batch->derived) counts_.derived += count;
  if (count > 0) poison_in_a_row_ = 0;
  pending_.fetch_add(instance_.decisions().size() - decided);
  return done;
}

void ObserverHost::drop(const BatchView& view) {
  if (view.batch->counted()) counts_.dropped += selected(view).count;
}

void ObserverHost::pass_barrier() {
  std::vector<Decision>& decisions = instance_.decisions();
  ObserverState& state = instance_.state();
  const std::size_t decided = decisions.size();
  if (clock_.ticks()) keep_event_time();
  {
    const std::lock_guard lock(mutex_);
    if (handed_over_.decisions.empty()) {
      handed_over_.decisions.swap(decisions);
    } else {
      std::move(decisions.begin(), decisions.end(), std::back_inserter(handed_over_.decisions));
    }
    std::vector<ObserverState::Change> changes = state.take_changes();
    std::move(changes.begin(), changes.end(), std::back_inserter(handed_over_.changes));
    handed_over_.stopped_at = stopped_at_;
    handed_over_.counters = instance_.counters().totals();
  }
  instance_.pass_barrier();
  failures_ = 0;
  wants_checkpoint_.store(false);
  pending_.fetch_sub(decided);
  decisions.clear();
  barriers_passed_.fetch_add(1);
}

void ObserverHost::keep_event_time() {
  ObserverState& state = instance_.state();
  const std::string now = clock_.text();
  const std::string* kept = state.get(0, kEventTime);
  if (!now.empty() && (kept == nullptr || *kept != now)) state.put(0, kEventTime, now);
}

void ObserverHost::begin_anew(const BatchView& view) {
  for (std::uint32_t row = view.first; row < view.first + view.rows; ++row) {
    const std::uint32_t model = view.batch->model[row];
    if (by_handle(begun_anew_, model)) continue;
    begun_anew_[model] = true;
    ObserverState& state = instance_.state();
    if (!view.batch->derived) {
      state.begin_anew(model);
    } else {  // the store hears of the models of the input only
      for (const auto& place : state.places_of(model)) state.erase(model, place.key);
    }
  }
}

/// An end that an event tells is known from there on, before any checkpoint and without a store.
void ObserverHost::note_ends(const BatchView& view) {
  for (const JobRecord& job : view.batch->jobs) {
    if (job.row < view.first || job.row >= view.first + view.rows) continue;
    if (job.status == "queued") {
      instance_.note_reopened(job.job);
    } else {
      instance_.note_end(job.job, view.batch->seq_of(job.row));
    }
  }
}

/// Its place is before the view that it did not finish; before the next event of the input where that view
/// is none of it, which the pipeline knows better.
void ObserverHost::stop_at(const BatchView& view, std::string why) {
  if (!view.batch->host_made) {
    stopped_at_ = {view.batch->source_index, view.batch->offset[view.first],
                   view.batch->line[view.first] - 1, view.batch->seq_of(view.first)};
  }
  fail(std::move(why));
}

void ObserverHost::fail(std::string why) {
  log_.log(LogLevel::kError, name(), "observer stopped: " + why);
  {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(why);
  }
  failed_.store(true);
}

}  // namespace mlmon
