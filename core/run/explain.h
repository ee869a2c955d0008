#pragma once

#include <cstdint>
#include <string>

#include "core/event/models.h"
#include "core/log_sink.h"
#include "core/run/assembly.h"
#include "core/store/observer_state.h"

namespace mlmon {

/// What an observer says about one model.
struct Explained {
  std::string json;     // one object (sdk/README.md, "Saying why"); empty: its class does not say
  std::string failure;  // why it could not be asked; empty: it was
};

/// Makes the observer with what it keeps, on this thread and without input and store, and asks it how its rules
/// stand for a model. What it changes of its state is lost.
Explained explain(const AssembledObserver& assembled, ObserverState state, const ModelTable& models,
                  std::uint32_t model, LogSink& log);

}  // namespace mlmon
