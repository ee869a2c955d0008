#include "cli/peak_memory.h"

#include <cstdlib>
#include <fstream>
#include <string>

namespace mlmon {

std::uint64_t peak_rss_bytes() {
  const std::string kPeak = "VmHWM:";  // proc(5): in kB
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kPeak)) return std::strtoull(line.c_str() + kPeak.size(), nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace mlmon
