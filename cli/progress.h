#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cli/options.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/run/pipeline.h"

namespace mlmon {

/// `26% of 4.6 GB, 4 s left, 812 MB/s, 3.9 M events/s, 12 actions, 3 bad lines`: as many of these
/// as fit into `width` columns, the first ones first. Rates are means over the time that has
/// passed.
std::string progress_text(const Progress& progress, std::int64_t elapsed_ns, std::size_t width);

/// The same for a service's status: `812 events, 3 bad lines, 12 actions`.
std::string progress_line(const Progress& progress);

/// Whether there is to be a progress line. Where nobody said so, a terminal gets one unless it is
/// quiet (-q).
bool wants_progress(ShowProgress asked, int verbosity, bool is_terminal);

/// The progress of a run as the terminal's status line, drawn at most ten times a second. It goes
/// away with this object. Belongs to one thread.
class ProgressLine {
 public:
  ProgressLine(Terminal& terminal, const Clock& clock);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);

 private:
  Terminal& terminal_;
  const Clock& clock_;
  const std::int64_t started_ns_;
  std::int64_t next_ns_;
};

}  // namespace mlmon
