#pragma once

#include <string>
#include <vector>

#include "core/run/assembly.h"

namespace mlmon {

/// The manual page mlmon(1), in roff, made of what --help shows. `date`: "2026-02-01".
std::string commands_manual(const std::string& date);

/// mlmon.toml(5), made of the host's keys and the schemas of these observers' plugins.
std::string configuration_manual(const std::vector<AssembledObserver>& observers,
                                 const std::string& date);

}  // namespace mlmon
