#pragma once

#include <cstdint>
#include <memory>

#include "core/input/input.h"

namespace mlmon {

/// The beginning of another input: ends after so many bytes from where it stands or is put by seek().
class LimitedInput final : public Input {
 public:
  LimitedInput(std::unique_ptr<Input> input, std::uint64_t bytes);

  Result<std::size_t> read(char* to, std::size_t room) override;
  Result<std::uint64_t> seek(std::uint64_t offset) override { return input_->seek(offset); }
  int poll_fd() const override { return input_->poll_fd(); }
  bool ready() const override { return left_ == 0 || input_->ready(); }
  std::uint64_t consumed() const override { return input_->consumed(); }
  std::uint64_t total() const override { return input_->total(); }
  bool compressed() const override { return input_->compressed(); }
  bool regular() const override { return input_->regular(); }

 private:
  std::unique_ptr<Input> input_;
  std::uint64_t left_;
};

}  // namespace mlmon
