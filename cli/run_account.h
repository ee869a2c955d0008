#pragma once

#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "core/run/receipt.h"

namespace mlmon {

// What is concluded from the receipt of a run that is over, so that receipt, summary and exit code agree.

/// Adds to the facts what the receipt says.
void note_facts(const RunOptions& options, const Receipt& receipt, RunFacts& facts);

/// Why there were too many bad lines; empty: there were not.
std::string too_many_bad(const RunOptions& options, const Receipt& receipt);

/// What `--summary` asks for; may be empty.
std::string summary_of(const RunOptions& options, const Receipt& receipt, bool is_terminal);

}  // namespace mlmon
