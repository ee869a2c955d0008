#pragma once

#include <string>
#include <utility>

namespace mlmon {

/// A temporary file whose name is gone: what is written to fd() can be read back.
class CapturedFile {
 public:
  CapturedFile();
  ~CapturedFile();
  CapturedFile(const CapturedFile&) = delete;
  CapturedFile& operator=(const CapturedFile&) = delete;

  int fd() const { return fd_; }

  /// All that was written since the last call.
  std::string take();

 private:
  int fd_;
};

/// A pseudo-terminal: fd() is what a program would have as its stderr.
class CapturedTerminal {
 public:
  explicit CapturedTerminal(unsigned short columns = 80);
  ~CapturedTerminal();
  CapturedTerminal(const CapturedTerminal&) = delete;
  CapturedTerminal& operator=(const CapturedTerminal&) = delete;

  int fd() const { return fd_; }

  /// All that was written since the last call, byte for byte.
  std::string take();

 private:
  int other_side_;
  int fd_;
};

/// What a terminal would show after this output: lines, of the last one what stands there.
std::string as_seen(const std::string& output);

}  // namespace mlmon
