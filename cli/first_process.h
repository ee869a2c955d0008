#pragma once

namespace mlmon {

/// What process 1 of a container owes it: forks, and returns in the child, which is to be the program. The
/// parent stays: it reaps every process that is left to it, hands signals on, and ends as the child does. Where a
/// child cannot be made, the process itself is the program.
void serve_as_first_process();

}  // namespace mlmon
