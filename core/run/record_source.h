#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/event/batch.h"
#include "core/result.h"
#include "core/run/source.h"

namespace mlmon {

/// Records of a log as batches that are to be parsed: what an intake reads in place of files. Belongs to the
/// pipeline's thread, and never waits.
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  enum class Fill {
    kBatch,       // its lines are to be parsed; it may have none and only move the place on
    kNothingYet,  // poll poll_fd(), then call again
    kEnd,         // nothing more will come
  };

  /// Fills in the text, the source and where the source is read to. Adds to `sources` what is read from now on.
  virtual Fill next(Batch& batch, std::vector<Source>& sources) = 0;
  virtual int poll_fd() const = 0;

  /// All that was there when the run began has been given.
  virtual bool caught_up() const = 0;
  virtual bool ended() const = 0;

  /// Bytes of all values so far.
  virtual std::uint64_t consumed() const = 0;

  /// The places of these sources in the last checkpoint have moved.
  virtual void committed(const std::vector<Source>& sources) = 0;

  /// What failed for good.
  virtual std::vector<Error> errors() const = 0;

  /// Which partitions are this run's is to change: other runs share them. Nothing that follows comes of it by itself.
  virtual bool wants_regroup() const { return false; }

  // Told at once: what failed for good, what is tried again, what a person should know.
  std::function<void(const Error&)> on_failure, on_error, on_warning;
};

}  // namespace mlmon
