#pragma once

#include <string>
#include <vector>

#include "core/event/event_types.h"
#include "core/run/assembly.h"
#include "core/run/pipeline_observer.h"

namespace mlmon {

/// A type of events beside mlmon's own that an observer subscribed to, and that no observer before it emits.
struct UnheardType {
  std::string observer;
  std::string type;
  std::string emitter;    // an observer that emits it, where the other cannot hear it; empty: none does
  bool disabled = false;  // the emitter is; otherwise it stands behind, or is the observer itself

  /// For people: what is wrong, or where such events must come from.
  std::string text() const;
};

/// In the order of the observers. `disabled`: those of the configuration that do not run, as far as their
/// plugins could be loaded; `started`: of `assembled`, one each.
std::vector<UnheardType> unheard_types(const std::vector<AssembledObserver>& assembled,
                                       const std::vector<PipelineObserver>& started, const EventTypes& types,
                                       const std::vector<AssembledObserver>& disabled);

}  // namespace mlmon
