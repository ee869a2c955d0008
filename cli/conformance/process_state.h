#pragma once

#include <map>
#include <string>
#include <vector>

namespace mlmon {

/// What belongs to the whole process and is none of a plugin's business, as it is now.
struct ProcessState {
  std::map<std::string, std::string> signals;  // by name: handler, flags, mask
  std::string locale;
  std::string floating_point;                      // rounding, flushing, traps of this thread
  std::map<std::string, std::string> descriptors;  // by number: what it leads to
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> folder;  // working folder, umask
  std::size_t printed = 0;                    // bytes on stdout and stderr

  static ProcessState now();
};

std::size_t count_threads();
std::size_t count_descriptors();

/// The first difference, for people: "SIGINT: was default, is 0x7f..."; empty: there is none.
std::string difference(const std::map<std::string, std::string>& before,
                       const std::map<std::string, std::string>& after);

/// The first difference in any of it, as "signals: …"; empty: there is none.
std::string difference(const ProcessState& before, const ProcessState& after);

}  // namespace mlmon
