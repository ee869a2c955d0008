#pragma once

#include <cstdint>

namespace mlmon {

/// The most memory that this program had resident, in bytes; 0: the system does not say. Unlike
/// getrusage(2), which goes on from the process that started it, this begins with the program.
std::uint64_t peak_rss_bytes();

}  // namespace mlmon
