#include "core/pipeline.h"

#include <poll.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace mlmon {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kProgressEvery = 100 * kNsPerMs;
constexpr std::size_t kMostFailures = 100;

/// For poll(2): the time until so many nanoseconds are over, at most a day.
int timeout_ms(std::int64_t ns) {
  constexpr std::int64_t kDayMs = 86'400'000;
  return static_cast<int>(std::clamp(ns / kNsPerMs + 1, std::int64_t{0}, kDayMs));
}

}  // namespace

Pipeline::Pipeline(PipelineParts parts, PipelineOptions options)
    : parts_(parts),
      options_(options),
      committed_(parts.observers.size(), 0),
      handed_out_(parts.observers.size(), 0) {}

Pipeline::~Pipeline() = default;

Result<void> Pipeline::run() {
  if (options_.deliver) start_endpoints();
  last_checkpoint_ns_ = parts_.clock.monotonic_ns();
  for (;;) {
    parts_.wakeup.clear();
    if (stop_.load()) cancel();
    const bool moved = step();
    if (failed_) break;
    const bool all_handed_out = parts_.intake.ended() && !batch_;
    if (all_handed_out && !barrier_ && observers_idle() && pending() == 0) break;
    if (!moved) wait();
    tell_progress();
  }
  give_up_batch();
  for (PipelineObserver& observer : parts_.observers) {
    if (observer.host) observer.host->finish();
  }
  const Result<void> delivered = deliver_rest();
  if (failed_) return *failed_;
  return delivered;
}

void Pipeline::stop() {
  stop_.store(true);
  parts_.wakeup.wake();
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
  if (!batch_ && !decisions_pile_up()) {
    batch_ = parts_.intake.take();
    if (batch_) {
      tally_.add(*batch_);
      std::fill(handed_out_.begin(), handed_out_.end(), 0);
      moved = true;
    }
  }
  if (batch_) moved |= dispatch();
  moved |= checkpoint();
  return moved;
}

/// Offers the batch to every observer that has not taken all of it; a full queue holds up only the next
/// batch, and the others not before that.
bool Pipeline::dispatch() {
  bool moved = false;
  bool all = true;
  for (std::size_t i = 0; i < parts_.observers.size(); ++i) {
    PipelineObserver& observer = parts_.observers[i];
    std::uint32_t taken = 0;
    if (observer.host) {
      taken = observer.host->offer(batch_, handed_out_[i]);
    } else {
      taken = batch_->rows() - handed_out_[i];
      observer.missed += observer.subscription->count(*batch_, handed_out_[i], taken);
    }
    handed_out_[i] += taken;
    moved |= taken > 0;
    all &= handed_out_[i] == batch_->rows();
  }
  if (all) {
    batch_.reset();
    moved = true;
  }
  return moved;
}

/// After a failure: what was counted but not handed out has been dropped.
void Pipeline::give_up_batch() {
  if (!batch_) return;
  for (std::size_t i = 0; i < parts_.observers.size(); ++i) {
    const std::uint32_t left = batch_->rows() - handed_out_[i];
    PipelineObserver& observer = parts_.observers[i];
    observer.missed += observer.subscription->count(*batch_, handed_out_[i], left);
  }
  batch_.reset();
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

bool Pipeline::wants_barrier() const {
  // Behind a part of a batch the observers would stand at different places.
  if (batch_) return false;
  const std::uint64_t decisions = pending();
  if (decisions == 0) return false;
  if (decisions >= options_.checkpoint_after) return true;
  const bool input_idle = parts_.intake.waits_for_input() || parts_.intake.ended();
  if (input_idle && observers_idle()) return true;
  return parts_.clock.monotonic_ns() - last_checkpoint_ns_ >= options_.checkpoint_every_ns;
}

/// While a barrier waits in the queue of a slow observer that holds up nobody (drop_newest), the others
/// must not decide on and on: decisions stay in memory until they are committed.
bool Pipeline::decisions_pile_up() const {
  return barrier_ && pending() >= options_.checkpoint_after;
}

/// Sends a barrier when it is time for one, and commits once it has come out of every queue.
bool Pipeline::checkpoint() {
  if (!barrier_) {
    if (!wants_barrier()) return false;
    for (PipelineObserver& observer : parts_.observers) {
      if (observer.host) observer.host->put_barrier();
    }
    barrier_ = true;
    return true;
  }
  for (const PipelineObserver& observer : parts_.observers) {
    if (observer.host && !observer.host->barrier_passed()) return false;
  }
  barrier_ = false;
  if (Result<void> done = commit(); !done) failed_ = done.error();
  last_checkpoint_ns_ = parts_.clock.monotonic_ns();
  return true;
}

/// The decisions before the barrier in the order of the events, for one event in that of the observers
/// and of what each said. `owners`: the observer of each.
std::vector<Decision> Pipeline::collect(std::vector<std::size_t>& owners) {
  std::vector<Decision> decisions;
  std::vector<std::size_t> owner_of;
  for (std::size_t i = 0; i < parts_.observers.size(); ++i) {
    if (!parts_.observers[i].host) continue;
    std::vector<Decision> own = parts_.observers[i].host->collect();
    owner_of.insert(owner_of.end(), own.size(), i);
    std::move(own.begin(), own.end(), std::back_inserter(decisions));
  }
  std::vector<std::size_t> order(decisions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return decisions[a].seq < decisions[b].seq;
  });
  std::vector<Decision> sorted;
  sorted.reserve(decisions.size());
  owners.clear();
  for (const std::size_t at : order) {
    sorted.push_back(std::move(decisions[at]));
    owners.push_back(owner_of[at]);
  }
  return sorted;
}

Result<void> Pipeline::commit() {
  std::vector<std::size_t> owners;
  const std::vector<Decision> decisions = collect(owners);
  std::vector<NewAction> actions;
  std::vector<bool> routed;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (decisions[i].suppressed) continue;
    auto endpoints = endpoints_for(owners[i], decisions[i]);
    routed.push_back(endpoints.has_value());
    actions.push_back({decisions[i].id, decisions[i].json,
                       std::move(endpoints).value_or(std::vector<std::uint32_t>())});
  }
  const Result<std::vector<bool>> is_new = parts_.store.commit(actions);
  if (!is_new) return is_new.error();

  std::string lines;
  std::size_t action = 0;
  std::uint64_t to_nobody = 0;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const Decision& decision = decisions[i];
    if (!decision.suppressed) {
      ++committed_[owners[i]];
      const std::size_t at = action++;
      if (!(*is_new)[at]) {
        ++actions_.already_known;
        continue;
      }
      count_new(decision);
      to_nobody += actions[at].endpoints.empty() && routed[at] ? 1 : 0;
      unrouted_ += routed[at] ? 0 : 1;
    }
    lines += decision.json;
    lines += '\n';
  }
  actions_.decided += actions.size();
  if (const Result<void> written = parts_.output.write(lines); !written) {
    unwritten_ = to_nobody;
    return written;
  }
  for (const auto& endpoint : endpoints_) {
    if (endpoint) endpoint->notify();
  }
  return {};
}

/// The numbers of the endpoints that get it; nothing if the router fails: a broken one costs its own
/// deliveries only.
std::optional<std::vector<std::uint32_t>> Pipeline::endpoints_for(std::size_t observer,
                                                                  const Decision& decision) {
  RouterHost* router = parts_.observers[observer].router.get();
  std::vector<std::uint32_t> numbers;
  if (!options_.deliver || router == nullptr) return numbers;
  const Result<std::vector<std::uint32_t>> indices = router->route(decision.id, decision.json);
  if (!indices) {
    const std::string why = indices.error().in(router->observer() + ": route").text;
    if (std::find(failures_.begin(), failures_.end(), why) == failures_.end() &&
        failures_.size() < kMostFailures) {
      failures_.push_back(why);
    }
    return std::nullopt;
  }
  for (const std::uint32_t index : *indices) {
    const std::uint32_t number = first_endpoint_[observer] + index;
    if (endpoints_[number]) numbers.push_back(number);
  }
  return numbers;
}

void Pipeline::count_new(const Decision& decision) {
  ++actions_.fresh;
  actions_.retrains_requested += decision.type == "retrain";
  actions_.alerts_fired += decision.type == "alert" &&
                           (decision.state == "firing" || decision.state == "flapping");
}

/// One that cannot be started is told of at the end; what it should have delivered waits.
void Pipeline::start_endpoints() {
  for (const PipelineObserver& observer : parts_.observers) {
    first_endpoint_.push_back(static_cast<std::uint32_t>(endpoints_.size()));
    if (!observer.router) continue;
    const std::vector<Endpoint>& named = observer.router->endpoints();
    for (std::uint32_t index = 0; index < named.size(); ++index) {
      const auto number = static_cast<std::uint32_t>(endpoints_.size());
      endpoints_.emplace_back();
      if (named[index].queue) continue;
      auto host = std::make_unique<EndpointHost>(*observer.router, index, number, parts_.store,
                                                 parts_.clock, parts_.log,
                                                 [this] { parts_.wakeup.wake(); });
      if (const auto started = host->start(); !started) {
        parts_.log.log(LogLevel::kError, observer.name, started.error().text);
      }
      endpoints_.back() = std::move(host);
    }
  }
}

/// Goes on delivering for a while after the last commit and settles the account.
Result<void> Pipeline::deliver_rest() {
  const std::int64_t until = parts_.clock.monotonic_ns() + options_.deliver_timeout_ns;
  for (;;) {
    parts_.wakeup.clear();
    const bool idle = std::all_of(endpoints_.begin(), endpoints_.end(), [](const auto& endpoint) {
      return !endpoint || endpoint->idle();
    });
    const std::int64_t left = until - parts_.clock.monotonic_ns();
    if (idle || left <= 0) break;
    pollfd wait{parts_.wakeup.fd(), POLLIN, 0};
    poll(&wait, 1, timeout_ms(left));
  }
  for (const auto& endpoint : endpoints_) {
    if (!endpoint) continue;
    endpoint->stop();
    if (!endpoint->failure().empty()) failures_.push_back(endpoint->failure());
  }
  const Result<OutboxTotals> totals = parts_.store.totals();
  if (!totals) {
    actions_.waiting = actions_.fresh;  // as far as anybody can say
    return totals.error();
  }
  actions_.waiting = totals->waiting + unwritten_;
  actions_.dead = totals->dead + unrouted_;
  actions_.delivered = actions_.fresh - actions_.waiting - actions_.dead;
  return {};
}

/// The one place where the pipeline waits: for input, another thread, or the next checkpoint.
void Pipeline::wait() {
  pollfd fds[] = {{parts_.wakeup.fd(), POLLIN, 0}, {parts_.intake.poll_fd(), POLLIN, 0}};
  const bool waits_for_checkpoint = !barrier_ && pending() > 0;
  const std::int64_t next_ns =
      last_checkpoint_ns_ + options_.checkpoint_every_ns - parts_.clock.monotonic_ns();
  int limit_ms = waits_for_checkpoint ? timeout_ms(std::max<std::int64_t>(next_ns, 0)) : -1;
  if (on_progress) limit_ms = timeout_ms(kProgressEvery);
  poll(fds, 2, limit_ms);
}

void Pipeline::tell_progress() {
  if (!on_progress) return;
  const std::int64_t now = parts_.clock.monotonic_ns();
  if (now - last_progress_ns_ < kProgressEvery) return;
  last_progress_ns_ = now;
  Progress progress{parts_.intake.consumed(), parts_.intake.total(), 0, 0, actions_.fresh};
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
    counts.actions = committed_[receipts.size()];
    receipts.push_back(
        {observer.name, counts, observer.host ? observer.host->failure() : observer.failure});
  }
  return receipts;
}

}  // namespace mlmon
