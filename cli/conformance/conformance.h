#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/conformance/check.h"

namespace mlmon {

/// What is to be checked, and how.
struct ConformanceRequest {
  std::string path;               // of the plugin
  std::string own = "{}";         // its first class's keys as configured, JSON
  bool configured = false;        // the user gave some
  std::vector<std::string> lines;  // events to try it on; empty: they are made up
  bool deliver = false;           // made-up actions may go where the user's configuration says
  std::vector<std::string> only;  // names or groups of checks; empty: all
  std::int64_t limit_ns = 0;      // of each check
};

struct Finding {
  std::string check;
  std::string class_id;  // empty: of the file
  Verdict verdict;
};

/// Whether `name` is one of `only`, or in a group of it.
bool is_chosen(const std::string& name, const std::vector<std::string>& only);

/// What is wrong with the keys that the user gave; a plugin that cannot be asked is no matter of
/// theirs.
Result<void> check_own_keys(const ConformanceRequest& request);

/// What is wrong with the events that the user gave, at the line; also of the plugin's own types.
Result<void> check_lines(const ConformanceRequest& request);

/// Runs the checks, each in a process of its own: none of the plugin's code runs in this one.
/// `found` is called after each. REQUIRES: one thread in the caller.
void check_conformance(const ConformanceRequest& request,
                       const std::function<void(const Finding&)>& found);

}  // namespace mlmon
