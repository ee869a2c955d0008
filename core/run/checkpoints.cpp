#include "core/run/checkpoints.h"

#include <algorithm>
#include <utility>

namespace mlmon {

Checkpoints::Checkpoints(std::vector<PipelineObserver>& observers, const ModelTable& models,
                         CheckpointStore& store, Coverage& coverage, CheckpointWriter& writer,
                         CheckpointOptions options, std::function<void()> wake)
    : observers_(observers),
      coverage_(coverage),
      writer_(writer),
      options_(options),
      committer_(store, models, std::move(wake)) {}

Result<bool> Checkpoints::step(std::int64_t now_ns, const Input& input) {
  if (!begun_ns_) begun_ns_ = now_ns;
  switch (phase_) {
    case Phase::kIdle:
      if (!wants_barrier(now_ns, input)) return false;
      send_barrier();
      return true;
    case Phase::kBarrier:
      if (!barrier_passed()) return false;
      if (const auto begun = begin_transaction(); !begun) return begun.error();
      return true;
    case Phase::kInStore:
      if (!committer_.over()) return false;
      begun_ns_ = now_ns;
      if (const auto done = finish(); !done) return done.error();
      if (after_commit && !refused_) after_commit();
      return true;
  }
  return false;
}

std::optional<std::int64_t> Checkpoints::next_due_ns(const Input& input) const {
  if (phase_ != Phase::kIdle || !input.between_batches || !begun_ns_) return std::nullopt;
  if (pending() == 0 && !something_to_keep()) return std::nullopt;
  return *begun_ns_ + options_.every_ns;
}

/// While a barrier waits in the queue of a slow observer that holds up nobody (drop_newest), or a checkpoint
/// for its transaction, the others must not decide on and on.
bool Checkpoints::full() const {
  return phase_ != Phase::kIdle && pending() >= options_.most_pending;
}

bool Checkpoints::settled() const {
  return phase_ == Phase::kIdle && !demanded_ && observers_idle() && pending() == 0 && !something_to_keep();
}

bool Checkpoints::wants_barrier(std::int64_t now_ns, const Input& input) const {
  // Behind a part of a batch the observers would stand at different places.
  if (!input.between_batches) return false;
  if (demanded_) return true;
  const std::uint64_t decisions = pending();
  if (decisions == 0 && !something_to_keep()) return false;
  if (decisions >= options_.after) return true;
  const auto wants = [](const PipelineObserver& one) { return one.host && one.host->wants_checkpoint(); };
  if (std::any_of(observers_.begin(), observers_.end(), wants)) return true;
  const bool tell_now = input.ended || (decisions > 0 && input.idle);
  if (tell_now && observers_idle()) return true;
  return now_ns - *begun_ns_ >= options_.every_ns;
}

std::uint64_t Checkpoints::pending() const {
  std::uint64_t pending = 0;
  for (const PipelineObserver& observer : observers_) {
    if (observer.host) pending += observer.host->pending();
  }
  return pending;
}

bool Checkpoints::observers_idle() const {
  return std::all_of(
      observers_.begin(), observers_.end(),
      [](const PipelineObserver& observer) { return !observer.host || observer.host->idle(); });
}

void Checkpoints::send_barrier() {
  for (PipelineObserver& observer : observers_) {
    if (observer.host) observer.host->put_barrier();
  }
  coverage_.seal();
  demanded_ = false;
  phase_ = Phase::kBarrier;
}

bool Checkpoints::barrier_passed() const {
  return std::all_of(observers_.begin(), observers_.end(), [](const PipelineObserver& observer) {
    return !observer.host || observer.host->barrier_passed();
  });
}

Result<void> Checkpoints::begin_transaction() {
  phase_ = Phase::kIdle;
  if (before_commit) {
    if (const auto ready = before_commit(); !ready) return ready;
  }
  checkpoint_ = {};
  const auto stopped_at = writer_.collect_into(checkpoint_);
  coverage_.put_into(checkpoint_, observers_, stopped_at);
  writer_.place(checkpoint_.reported);
  committer_.begin(checkpoint_);
  phase_ = Phase::kInStore;
  return {};
}

Result<void> Checkpoints::finish() {
  if (phase_ != Phase::kInStore) return {};
  phase_ = Phase::kIdle;
  const Result<Committed> committed = committer_.take();
  if (!committed) return committed.error();
  refused_ = !committed->lost.empty();
  if (refused_) return {};
  coverage_.committed(committed->rows);
  return writer_.write(checkpoint_, *committed);
}

}  // namespace mlmon
