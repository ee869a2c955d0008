#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "core/result.h"

namespace mlmon {

/// A golden case of `mlmon plugin test`: FOLDER/NAME.ndjson, read with FOLDER/NAME.toml if it is there, must
/// give FOLDER/NAME.actions.ndjson.
struct GoldenCase {
  std::string name;
  std::string events;   // paths
  std::string config;   // empty: the plugin alone, with its defaults
  std::string actions;
};

/// The cases of a folder in the order of their names. An error: it cannot be read, or holds none.
Result<std::vector<GoldenCase>> find_golden_cases(const std::string& folder);

/// One way of reading the events of a case: what must not change the decisions.
struct WayOfReading {
  std::string name;                    // "queues of 4 events", "cut after 2 lines"
  std::uint32_t threads = 1;
  std::vector<std::string> sets;       // KEY=VALUE
  std::optional<std::size_t> cut_after;  // lines; then a second run reads the rest with the same state
};

/// The ways in which a case of so many lines is read, the plainest first.
std::vector<WayOfReading> ways_of_reading(std::size_t lines);

/// What a run of a case gave.
struct GoldenRun {
  int code = 0;         // the run's exit code, or 128 + the signal that ended it
  std::string actions;  // NDJSON
  std::string told;     // on stderr
};

/// Runs `mlmon run` in a process of its own, so that a plugin that crashes ends only that: nothing is
/// delivered, the state lies in a temporary folder. `plugin`: its file, for a case without configuration.
Result<GoldenRun> run_golden_case(const GoldenCase& golden, const std::string& plugin,
                                  const WayOfReading& way);

/// The action lines without their places (source, line, offset), which depend on how the events are read.
std::vector<std::string> without_places(const std::string& actions);

}  // namespace mlmon
