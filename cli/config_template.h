#pragma once

#include <string>
#include <vector>

#include "core/run/assembly.h"

namespace mlmon {

/// The text of a configuration that changes nothing: the default observers, and each key with its meaning
/// and default after a `#`. `observers`: those of the built-in defaults.
std::string config_template(const std::vector<AssembledObserver>& observers);

}  // namespace mlmon
