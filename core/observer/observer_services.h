#pragma once

#include <mlmon/observer.h>

namespace mlmon {
class ObserverInstance;
}

/// What a plugin knows its host by.
struct mlmon_observer_host {
  mlmon::ObserverInstance* self;
};

namespace mlmon {

/// What the host offers to an observer: the functions behind mlmon_observer_services.
const mlmon_observer_services& observer_services();

}  // namespace mlmon
