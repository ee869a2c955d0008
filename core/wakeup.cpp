#include "core/wakeup.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace mlmon {

Result<Wakeup> Wakeup::open() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return Error{std::string("eventfd: ") + std::strerror(errno)};
  return Wakeup(fd);
}

Wakeup::Wakeup(Wakeup&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Wakeup::~Wakeup() {
  if (fd_ >= 0) ::close(fd_);
}

void Wakeup::wake() {
  if (state_.exchange(State::kWoken) != State::kAsleep) return;
  const std::uint64_t one = 1;
  // A full counter would mean that it is readable already.
  if (::write(fd_, &one, sizeof one) < 0) return;
}

void Wakeup::clear() { state_.store(State::kAwake); }

void Wakeup::wait(int other_fd, int timeout_ms) {
  State awake = State::kAwake;
  if (!state_.compare_exchange_strong(awake, State::kAsleep)) {
    assert(awake == State::kWoken);
    return;
  }
  pollfd fds[] = {{fd_, POLLIN, 0}, {other_fd, POLLIN, 0}};
  poll(fds, 2, timeout_ms);
  std::uint64_t count = 0;
  if ((fds[0].revents & POLLIN) != 0 && ::read(fd_, &count, sizeof count) < 0) return;
}

}  // namespace mlmon
