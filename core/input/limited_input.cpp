#include "core/input/limited_input.h"

#include <algorithm>
#include <utility>

namespace mlmon {

LimitedInput::LimitedInput(std::unique_ptr<Input> input, std::uint64_t bytes)
    : input_(std::move(input)), left_(bytes) {}

Result<std::size_t> LimitedInput::read(char* to, std::size_t room) {
  if (left_ == 0) return std::size_t{0};
  const Result<std::size_t> got = input_->read(to, std::min<std::uint64_t>(room, left_));
  if (got && *got != kNothingYet) left_ -= *got;
  return got;
}

}  // namespace mlmon
