#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/run/assembly.h"
#include "core/run/pipeline_observer.h"

namespace mlmon {

/// How the observers of a run differ from those that it is to have.
struct ReloadPlan {
  /// Where each of the observers to come stands among the running ones.
  struct Origin {
    std::optional<std::size_t> before;  // the one of its name; nothing: there is none
    bool goes_on = false;               // nothing is different, or it cannot be replaced in a run
  };
  std::vector<Origin> origins;
  std::vector<std::string> added, changed, removed;  // names
  std::vector<std::string> restart;                  // what needs a restart, for people
  std::vector<std::string> refused;                  // why these observers cannot run

  /// Something is to be done.
  bool any() const { return !added.empty() || !changed.empty() || !removed.empty() || reordered; }
  bool reordered = false;
};

/// `running`, `started`: the observers of the run. `resumes`: they have places of their own that a next run would go
/// on from, so that one that was stopped must not go on here.
ReloadPlan plan_reload(const std::vector<AssembledObserver>& running, const std::vector<PipelineObserver>& started,
                       const std::vector<AssembledObserver>& to_come, bool resumes);

}  // namespace mlmon
