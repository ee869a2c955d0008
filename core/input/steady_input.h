#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/input/input.h"

namespace mlmon {

/// A plain file that may be cut and written anew while it is read: it ends where what was read before is no longer
/// in it, so that nobody takes the middle of the new text for the rest of the old one.
class SteadyInput final : public Input {
 public:
  /// REQUIRES: `input` is a regular file, and stands at `offset`. `before`: the bytes that end there, as far as they
  /// are known.
  SteadyInput(std::unique_ptr<Input> input, std::string path, std::uint64_t offset, std::string before);

  Result<std::size_t> read(char* to, std::size_t room) override;
  int poll_fd() const override { return input_->poll_fd(); }
  bool ready() const override { return input_->ready(); }
  std::uint64_t consumed() const override { return input_->consumed(); }
  std::uint64_t total() const override { return input_->total(); }
  bool compressed() const override { return false; }
  bool regular() const override { return true; }
  int file_fd() const override { return input_->file_fd(); }

 private:
  Result<bool> still_there() const;

  std::unique_ptr<Input> input_;
  const std::string path_;  // for errors
  std::uint64_t offset_;
  std::string before_;  // what ends there
  bool ended_ = false;
};

}  // namespace mlmon
