#pragma once

#include <string>

#include "cli/log.h"
#include "cli/options.h"
#include "core/clock.h"
#include "core/store/job_queue.h"

namespace mlmon {

/// `mlmon jobs work`: claims jobs, runs COMMAND for each, and ends it by its exit code. Gives the exit
/// code of the process. `worker`: its name; `state`: the folder.
///
/// While COMMAND runs its lease is renewed, and COMMAND is stopped if the job is cancelled or somebody
/// else's; COMMAND may end its job itself. SIGINT, SIGTERM and SIGHUP are passed on to COMMAND, the
/// second one kills it; its job is given back unless COMMAND ends with 0 or 75 all the same.
int work(const JobsOptions& options, const std::string& worker, const std::string& state,
         JobQueue& queue, const Clock& clock, Log& log);

}  // namespace mlmon
