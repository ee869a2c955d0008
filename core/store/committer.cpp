#include "core/store/committer.h"

#include <cassert>
#include <utility>

namespace mlmon {

Committer::Committer(CheckpointStore& store, const ModelTable& models, std::function<void()> wake)
    : store_(store), models_(models), wake_(std::move(wake)), thread_([this] { work(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Committer::begin(const Checkpoint& checkpoint) {
  assert(!busy_);
  busy_ = true;
  {
    const std::lock_guard lock(mutex_);
    checkpoint_ = &checkpoint;
  }
  changed_.notify_all();
}

bool Committer::over() {
  assert(busy_);
  const std::lock_guard lock(mutex_);
  return outcome_.has_value();
}

Result<Committed> Committer::take() {
  assert(busy_);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outcome_.has_value(); });
  busy_ = false;
  return *std::exchange(outcome_, std::nullopt);
}

void Committer::work() {
  for (;;) {
    const Checkpoint* checkpoint = nullptr;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || checkpoint_ != nullptr; });
      if (checkpoint_ == nullptr) return;
      checkpoint = std::exchange(checkpoint_, nullptr);
    }
    Result<Committed> outcome = store_.commit(*checkpoint, models_);
    {
      const std::lock_guard lock(mutex_);
      outcome_ = std::move(outcome);
    }
    changed_.notify_all();
    wake_();
  }
}

}  // namespace mlmon
