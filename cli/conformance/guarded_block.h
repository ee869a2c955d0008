#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mlmon {

/// A read-only copy of some bytes between pages that cannot be touched, and that can be taken back.
/// Who touches it wrongly dies by SIGSEGV, and stderr says why: "touched f1 past its end".
///
/// Only for a process that tries out a plugin: SIGSEGV is taken over, and addresses are never used
/// again.
class GuardedBlock {
 public:
  enum class Flush { kEnd, kBegin };  // against which of its neighbours the bytes lie

  /// `name`: of the bytes. `until`: since when they are gone after take_back(), "on_batch had
  /// returned".
  GuardedBlock(const std::string& name, std::string_view bytes, Flush flush,
               const std::string& until);

  const char* data() const;

  /// May be written to from here on, within its size.
  char* open();

  void take_back();

 private:
  struct Region;
  friend struct FaultReport;

  Region* region_;  // never freed: the report of a fault may come to it at any time
};

}  // namespace mlmon
