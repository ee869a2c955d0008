#include "core/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

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
  if (awake_.exchange(true)) return;
  const std::uint64_t one = 1;
  // A full counter would mean that it is readable already.
  if (::write(fd_, &one, sizeof one) < 0) return;
}

void Wakeup::clear() {
  std::uint64_t count = 0;
  if (::read(fd_, &count, sizeof count) < 0) count = 0;
  awake_.store(false);
}

}  // namespace mlmon
