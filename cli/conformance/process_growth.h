#pragma once

#include <functional>
#include <string>

#include "cli/conformance/check.h"

namespace mlmon {

/// Does `once` a hundred times and tells what grows with each: memory in use, open descriptors,
/// threads. What is made at first and kept does not count, but for threads.
std::string memory_left_by(const std::function<void()>& once);
std::string descriptors_left_by(const std::function<void()>& once);
std::string threads_left_by(const std::function<void()>& once);

/// The first of these that is left.
Verdict what_stays_behind(const std::function<void()>& once);

}  // namespace mlmon
