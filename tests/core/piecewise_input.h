#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/input/input.h"

namespace mlmon {

/// Gives a text in pieces of the sizes given, over and over; fails at `fail_at`.
class PiecewiseInput final : public Input {
 public:
  static constexpr std::size_t kPause = 0;  // in `sizes`: nothing is there at this moment

  PiecewiseInput(std::string text, std::vector<std::size_t> sizes, std::size_t fail_at = std::string::npos)
      : text_(std::move(text)), sizes_(std::move(sizes)), fail_at_(fail_at) {}

  Result<std::size_t> read(char* to, std::size_t room) override {
    if (room == 0) return Error{"x: no room"};
    const std::size_t piece = sizes_[turn_++ % sizes_.size()];
    if (piece == kPause) return kNothingYet;
    if (at_ == fail_at_) return Error{"x: disk on fire"};
    const std::size_t most = std::min(fail_at_, text_.size()) - at_;
    const std::size_t size = std::min({piece, room, most});
    text_.copy(to, size, at_);
    at_ += size;
    return size;
  }
  int poll_fd() const override { return -1; }
  bool ready() const override { return true; }
  std::uint64_t consumed() const override { return at_; }
  std::uint64_t total() const override { return 0; }
  bool compressed() const override { return false; }
  bool regular() const override { return false; }

 private:
  std::string text_;
  std::vector<std::size_t> sizes_;
  std::size_t fail_at_;
  std::size_t at_ = 0, turn_ = 0;
};

}  // namespace mlmon
