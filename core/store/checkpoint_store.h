#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/state_figures.h"

namespace mlmon {

/// An action that was committed and may not have been written.
struct DueLine {
  std::int64_t number = 0;
  std::string json;
};

/// A partition of a log that this run has claimed.
struct ClaimedPartition {
  KnownSource source;        // as the state has it
  std::vector<DueLine> due;  // of its last owner: what may not have been written
};

/// What the pipeline commits and goes on with: places of files, what observers keep, actions, the output.
/// Thread-safe. After a call that failed in the middle of a transaction nothing of it is there.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  /// Files that begin with the same bytes, each with how far it was read.
  virtual Result<std::vector<KnownSource>> sources_like(const Fingerprint& head) = 0;

  /// The sizes of the heads that are known.
  virtual Result<std::vector<std::uint64_t>> head_sizes() = 0;

  /// Files that begin with this text, at most kHeadBytes of it, and were read further than that.
  virtual Result<std::vector<KnownSource>> sources_beginning_with(std::string_view text) = 0;

  /// Of each path the file that stood there last.
  virtual Result<std::vector<KnownSource>> named_sources() = 0;

  /// The file is known to have another path now; empty: it is no longer looked for. At once.
  virtual Result<void> rename_source(std::int64_t row, std::string_view path) = 0;

  /// Gives visit() all that an observer keeps, or what it keeps of a partition of a log and the models that are at home
  /// there (`partition`: its row; 0: all). Models are interned in `models`.
  virtual Result<void> load_state(
      const std::string& observer, ModelTable& models, std::int64_t partition,
      const std::function<void(std::uint32_t model, std::string_view key, std::string_view value)>&
          visit) = 0;

  /// Gives visit() the newest metrics and drift event of each model, kNeverSeen where there was none. `partition`:
  /// likewise.
  virtual Result<void> load_newest(
      ModelTable& models, std::int64_t partition,
      const std::function<void(std::uint32_t model, std::int64_t metrics_ns, std::int64_t drift_ns)>&
          visit) = 0;

  /// Other runs may work on this state meanwhile, each on partitions that it has claimed.
  virtual bool is_shared() const = 0;

  /// Takes partitions over, whoever has them: what that one commits from here on is refused. One that the state does
  /// not know begins at its place. REQUIRES: is_shared().
  virtual Result<std::vector<ClaimedPartition>> claim(const std::vector<KnownSource>& partitions) = 0;

  /// Those in these rows are no longer this run's, which has written their lines up to the action `written`. Likewise.
  virtual Result<void> let_go(const std::vector<std::int64_t>& rows, std::int64_t written) = 0;

  /// One checkpoint, atomically: adds the actions whose id is not known yet, and all the rest. Nothing of it, as long as
  /// a partition that this run has claimed and not let go has another owner by now.
  virtual Result<Committed> commit(const Checkpoint& checkpoint, const ModelTable& models) = 0;

  /// Actions behind the last one that is known to be written, in order, at most `limit`.
  virtual Result<std::vector<DueLine>> unwritten(std::int64_t after, std::size_t limit) = 0;
  virtual Result<std::int64_t> written() = 0;
  virtual Result<std::optional<OutputPlace>> output_place(std::uint64_t device,
                                                          std::uint64_t inode) = 0;

  /// Takes the texts of actions away that were written and delivered more than a week ago; their ids stay
  /// known. Does a bounded amount of work; to be called once a run.
  virtual Result<void> prune(std::int64_t now_ns) = 0;

  /// What a monitoring system wants to know; jobs as seen at `now_ms`.
  virtual Result<StateFigures> figures(std::int64_t now_ms) = 0;
};

}  // namespace mlmon
