#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/setup.h"
#include "core/result.h"

namespace mlmon {

/// Checks, before anything is opened, that what a run writes (output, quarantine, receipt, metrics file, `file`
/// receivers) are different files, and none of the inputs, the configuration or the state.
/// `inputs`: what the paths come to; `stdout_fd`: where stdout is now, see claim_stdout().
Result<void> check_run_files(const RunOptions& options, const Setup& setup,
                             const std::vector<std::string>& inputs, int stdout_fd);

/// The output is stdout. The other name would lead to where stdout points by now, see claim_stdout().
bool writes_stdout(const RunOptions& options);

}  // namespace mlmon
