#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// What the dynamic loader would find in a shared library, read without loading it. Format: System
/// V ABI, chapters 4 and 5, and GNU's extensions in <elf.h>.
struct ElfImage {
  struct Symbol {
    std::string name;
    bool defined = false;
    bool weak = false;
    bool unique = false;  // STB_GNU_UNIQUE: one in the whole process, over all plugins
    bool function = false;
  };

  std::vector<Symbol> symbols;      // of the dynamic table, local ones left out
  std::vector<std::string> needed;  // DT_NEEDED
  std::vector<std::string> search;  // DT_RUNPATH or DT_RPATH, with $ORIGIN replaced
  bool static_tls = false;          // DF_STATIC_TLS
  bool executable_stack = false;    // PT_GNU_STACK asks for it, or is not there

  static Result<ElfImage> read(const std::string& path);
};

}  // namespace mlmon
