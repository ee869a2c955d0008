#pragma once

#include <string>
#include <vector>

#include "core/config/observer_config.h"
#include "core/isolation/isolated_observer.h"

namespace mlmon {

// Keys of [observers.NAME] of which only the plugin tells whether they are the host's. Each is taken out of
// the plugin's own keys; what is wrong with it is told.

/// `python`: the interpreter of an observer in Python.
std::string take_interpreter(ObserverConfig& observer, std::vector<ConfigError>& errors);

/// `limits` of the process of an observer; the plugin's, where its `schema` has a property of that name.
/// `schema` may be null.
void take_limits(ObserverConfig& observer, const char* schema, bool apart, IsolationPlan& plan,
                 std::vector<ConfigError>& errors);

}  // namespace mlmon
