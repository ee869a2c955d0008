#pragma once

#include <string>
#include <vector>

#include "cli/health.h"
#include "core/run/assembly.h"

namespace mlmon {

/// Are the targets and receivers of these observers there: commands that can be run, files that can be
/// written, and, `online`, hosts that take a connection. Sends nothing.
void check_receivers(const Assembly& assembly, bool online, Health& health);

/// Those that events come from ([input.kafka] brokers).
void check_brokers(const std::vector<std::string>& brokers, Health& health);

}  // namespace mlmon
