#pragma once

#include <string>
#include <vector>

#include "cli/setup.h"
#include "core/store/state_folder.h"

namespace mlmon {

/// One value that is in force.
struct EffectiveValue {
  std::string key;   // dotted: "observers.alert.receivers[0].name"
  std::string json;  // "null" where it is a secret
  std::string from;  // "default", "FILE:LINE", "--set", "$NAME" or a flag
  bool secret = false;
};

/// All values: the host's keys in the order of their list, then each observer with the host's keys and its
/// plugin's. `state`: the folder, and what named it.
std::vector<EffectiveValue> effective_values(const Setup& setup, const StatePlace& state);

}  // namespace mlmon
