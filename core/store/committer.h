#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "core/store/checkpoint_store.h"

namespace mlmon {

/// Commits to a store on a thread of its own, one checkpoint at a time.
///
/// All but the commit itself belongs to one thread, the pipeline's.
class Committer {
 public:
  /// `wake` is called from the thread whenever a commit is over. All three outlive this.
  Committer(CheckpointStore& store, const ModelTable& models, std::function<void()> wake);

  /// Waits for the commit that is under way.
  ~Committer();

  /// `checkpoint` stays as it is until the outcome has been taken. REQUIRES: !busy().
  void begin(const Checkpoint& checkpoint);

  /// A commit was begun, and its outcome has not been taken.
  bool busy() const { return busy_; }

  /// The outcome is there: take() need not wait for it. REQUIRES: busy().
  bool over();

  /// Waits for the outcome and takes it. REQUIRES: busy().
  Result<Committed> take();

 private:
  void work();

  CheckpointStore& store_;
  const ModelTable& models_;
  const std::function<void()> wake_;
  bool busy_ = false;  // of the pipeline's thread

  std::mutex mutex_;
  std::condition_variable changed_;
  const Checkpoint* checkpoint_ = nullptr;  // to be committed
  std::optional<Result<Committed>> outcome_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mlmon
