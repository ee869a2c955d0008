#pragma once

#include <string>

#include "cli/health.h"
#include "core/clock.h"

namespace mlmon {

/// Is the state in this folder whole: who may read and write it, its database, the clock against what is in
/// it, what waits, room on the disk. Changes no file, also not the database's own beside it.
void check_state(const std::string& folder, const Clock& clock, Health& health);

}  // namespace mlmon
