#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// What targets for libFuzzer have in common: https://llvm.org/docs/LibFuzzer.html
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mlmon {

/// Ends the process where something is wrong, saying what.
inline void require_nothing(const char* about, const std::string& wrong) {
  if (wrong.empty()) return;
  std::fprintf(stderr, "%s: %s\n", about, wrong.c_str());
  std::abort();
}

/// An input as it is, cut from its front.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  /// The first byte; 0 where there is none.
  unsigned options() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }

  /// What stands before the mark, which is gone as well; all where there is none.
  std::string before(std::string_view mark) {
    const std::size_t end = rest_.find(mark);
    const std::string part(rest_.substr(0, end));
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + mark.size());
    return part;
  }

  bool empty() const { return rest_.empty(); }
  std::string rest() const { return std::string(rest_); }

 private:
  std::string_view rest_;
};

}  // namespace mlmon
