#pragma once

#include <string>
#include <vector>

#include "core/run/assembly.h"

namespace mlmon {

/// What will bite of an observer's configuration, although it is valid: one text each, for people. Globs are
/// held against the models that a state folder knows, if there are any.
std::vector<std::string> warnings_of(const AssembledObserver& observer, const std::string& state_folder);

/// The globs of the targets, where an observer has targets and a model may match none of them: the requests
/// for such a model wait in the queue. Else empty.
std::vector<std::string> target_globs(const AssembledObserver& observer);

/// Of the models that a state folder knows, the names that none of the targets of an observer match.
std::vector<std::string> models_without_target(const AssembledObserver& observer,
                                               const std::string& state_folder);

}  // namespace mlmon
