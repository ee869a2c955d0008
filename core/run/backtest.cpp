#include "core/run/backtest.h"

#include <algorithm>
#include <utility>

namespace mlmon {
namespace {

/// So many decisions in memory before they are taken out.
constexpr std::uint64_t kMostPending = 4096;

}  // namespace

Backtest::Backtest(BacktestParts parts, Visit visit) : parts_(parts), visit_(std::move(visit)) {
  for (Policy& policy : parts.policies) {
    dispatchers_.emplace_back(policy.observers, parts.models, parts.rules);
  }
}

template <class Do>
void Backtest::for_each_host(Do visit) const {
  for (std::size_t p = 0; p < parts_.policies.size(); ++p) {
    for (PipelineObserver& observer : parts_.policies[p].observers) {
      if (observer.host) visit(p, *observer.host);
    }
  }
}

void Backtest::run() {
  for (;;) {
    parts_.wakeup.clear();
    if (step()) continue;
    if (parts_.intake.ended() && handed_out() && !barrier_) {
      bool idle = true;
      for_each_host([&](std::size_t, ObserverHost& host) { idle &= host.idle(); });
      if (idle && pending() == 0) break;
    }
    if (parts_.intake.parse()) continue;
    for_each_host([](std::size_t, ObserverHost& host) { host.flush(); });
    parts_.wakeup.wait(parts_.intake.poll_fd(), -1);
  }
  for_each_host([](std::size_t, ObserverHost& host) { host.finish(); });
}

/// Does what can be done now; false: nothing.
bool Backtest::step() {
  bool moved = parts_.intake.advance();
  moved |= take_batch();
  for (Dispatcher& dispatcher : dispatchers_) {
    moved |= dispatcher.step();
    dispatcher.take_done();
  }
  return collect() || moved;
}

bool Backtest::handed_out() const {
  return std::all_of(dispatchers_.begin(), dispatchers_.end(),
                     [](const Dispatcher& dispatcher) { return dispatcher.empty(); });
}

bool Backtest::take_batch() {
  if (!handed_out() || barrier_) return false;
  const std::shared_ptr<const Batch> batch = parts_.intake.take();
  if (!batch) return false;
  for (Dispatcher& dispatcher : dispatchers_) dispatcher.add({batch, 0, batch->rows(), true, nullptr});
  return true;
}

std::uint64_t Backtest::pending() const {
  std::uint64_t pending = 0;
  for_each_host([&](std::size_t, ObserverHost& host) { pending += host.pending(); });
  return pending;
}

/// Takes the decisions out once there are many, or no more will come.
bool Backtest::collect() {
  if (!barrier_) {
    const std::uint64_t decisions = pending();
    const bool due = decisions >= kMostPending || (parts_.intake.ended() && decisions > 0);
    if (!due || !handed_out()) return false;
    for_each_host([](std::size_t, ObserverHost& host) { host.put_barrier(); });
    barrier_ = true;
    return true;
  }
  bool passed = true;
  for_each_host([&](std::size_t, ObserverHost& host) { passed &= host.barrier_passed(); });
  if (!passed) return false;
  barrier_ = false;
  for_each_host([&](std::size_t policy, ObserverHost& host) {
    for (const Decision& decision : host.collect().decisions) visit_(policy, decision);
  });
  return true;
}

}  // namespace mlmon
