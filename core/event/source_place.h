#pragma once

#include <cstdint>

namespace mlmon {

/// How far a source was read.
struct SourcePlace {
  std::uint64_t offset = 0;  // of the decompressed text, where a line begins ...
  std::uint64_t lines = 0;   // ... behind so many of them
  bool newline_due = false;  // the last one was whole without its newline, which may still come
};

}  // namespace mlmon
