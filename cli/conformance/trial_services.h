#pragma once

#include <mlmon/observer.h>

namespace mlmon {

/// The services as an ObserverTrial gives them: its handle is the trial itself.
extern const mlmon_observer_services kTrialServices;

}  // namespace mlmon
