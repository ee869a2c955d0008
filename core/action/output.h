#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/store/checkpoint.h"

namespace mlmon {

/// Where actions go, one JSON object a line.
class Output {
 public:
  virtual ~Output() = default;

  /// Writes whole lines; returns once the system has them all. The error names the place.
  virtual Result<void> write(std::string_view lines) = 0;

  /// Writes lines that an earlier run had committed and may have written; `known`: where it stood before
  /// them, if that was this very place.
  virtual Result<void> complete(std::string_view lines, const std::optional<OutputPlace>& known) {
    static_cast<void>(known);
    return write(lines);
  }

  /// Looks whether it is still where people look for it, before something is written; a file that was renamed,
  /// cut or removed is made anew. True: it was, so that its place is another one.
  virtual Result<bool> renew() { return false; }

  /// Nothing that stands in a file is kept.
  virtual Result<void> empty() { return {}; }

  /// Where it stands, of a file that can be looked at again.
  virtual std::optional<OutputPlace> place() const { return std::nullopt; }
};

/// Writes to a descriptor that somebody else owns. `name` is for errors.
class FdOutput final : public Output {
 public:
  FdOutput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  Result<void> write(std::string_view lines) override;

 private:
  int fd_;
  std::string name_;
};

/// A file that is appended to over many runs and holds every action once. A last line of somebody else's that has no
/// newline gets one.
class FileOutput final : public Output {
 public:
  /// Opens the file, or makes it. A FIFO waits for its reader here. The error names it.
  static Result<std::unique_ptr<FileOutput>> open(const std::string& path);
  ~FileOutput() override;

  Result<void> write(std::string_view lines) override;

  /// What stands behind the known place and is the beginning of `lines` is completed; what mlmon did not
  /// write stays, and the lines come behind it.
  Result<void> complete(std::string_view lines, const std::optional<OutputPlace>& known) override;
  std::optional<OutputPlace> place() const override;
  Result<bool> renew() override;
  Result<void> empty() override;

 private:
  FileOutput(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Result<void> append(std::string_view text);
  bool ends_line(std::uint64_t offset) const;
  Result<std::string> text_from(std::uint64_t offset) const;

  int fd_;
  std::string path_;
  std::uint64_t end_ = 0;  // of the file, as it was written last
};

}  // namespace mlmon
