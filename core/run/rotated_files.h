#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint_store.h"

namespace mlmon {

/// What is to be read before the files of a run, because it was rotated away between two runs.
struct RotatedFiles {
  std::vector<std::string> files;     // oldest first
  std::vector<std::string> warnings;  // of files that are gone and were not read to their end
};

/// Looks for files that an earlier run read under names that now lead elsewhere, or nowhere. Each is known by
/// its content, in the same folder under any name: what logrotate and its like renamed, dated, compressed, or
/// copied before they cut it. Behind it come its later generations, NAME.* and NAME-*, that were changed since.
///
/// `covers`: the run reads whatever has this path. What was found or given up here is noted in the store, so
/// that the next run does not look again.
Result<RotatedFiles> find_rotated(CheckpointStore& store,
                                  const std::function<bool(const std::string&)>& covers);

}  // namespace mlmon
