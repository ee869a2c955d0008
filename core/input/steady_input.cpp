#include "core/input/steady_input.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace mlmon {
namespace {

constexpr std::size_t kCompared = 256;

}  // namespace

SteadyInput::SteadyInput(std::unique_ptr<Input> input, std::string path, std::uint64_t offset, std::string before)
    : input_(std::move(input)), path_(std::move(path)), offset_(offset), before_(std::move(before)) {}

Result<std::size_t> SteadyInput::read(char* to, std::size_t room) {
  if (ended_) return std::size_t{0};
  const Result<std::size_t> got = input_->read(to, room);
  if (!got || *got == 0) return got;
  // Looked at only now: had the file been cut before this was read, that would show.
  const Result<bool> there = still_there();
  if (!there) return there.error();
  ended_ = !*there;
  if (ended_) return std::size_t{0};
  offset_ += *got;
  const std::size_t last = std::min(*got, kCompared);
  before_.append(to + *got - last, last);
  before_.erase(0, before_.size() - std::min(before_.size(), kCompared));
  return got;
}

Result<bool> SteadyInput::still_there() const {
  std::string found(before_.size(), '\0');
  std::size_t have = 0;
  while (have < found.size()) {
    const auto at = static_cast<off_t>(offset_ - found.size() + have);
    const ssize_t got = pread(input_->file_fd(), found.data() + have, found.size() - have, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{path_ + ": " + std::generic_category().message(errno)};
    if (got == 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return found == before_;
}

}  // namespace mlmon
