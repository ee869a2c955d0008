#pragma once

#include <optional>
#include <string>

#include "cli/log.h"
#include "cli/options.h"

namespace mlmon {

/// The state folder of a command. The configuration is read if it may have a say in that; nothing: it
/// cannot be used, or there is no place for state, and that has been told. Makes nothing.
std::optional<std::string> find_state(const StateOptions& options, Log& log);

}  // namespace mlmon
