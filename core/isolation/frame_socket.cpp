#include "core/isolation/frame_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::size_t kReadAtOnce = 64 * 1024;
constexpr std::int64_t kIdleEveryMs = 100;

}  // namespace

std::int64_t monotonic_now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

FrameSocket::FrameSocket(FrameSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), held_(std::move(other.held_)), begin_(other.begin_) {}

FrameSocket::~FrameSocket() { close(); }

void FrameSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

FrameSocket::Status FrameSocket::wait_for(short events, std::int64_t deadline_ns,
                                          const Idle& idle) const {
  for (;;) {
    std::int64_t left_ms = kIdleEveryMs;
    if (deadline_ns != kNever) {
      const std::int64_t left_ns = deadline_ns - monotonic_now_ns();
      if (left_ns <= 0) return Status::kTooLate;
      left_ms = std::min(left_ms, left_ns / kNsPerMs + 1);
    }
    pollfd ready{fd_, events, 0};
    const int n = ::poll(&ready, 1, static_cast<int>(left_ms));
    if (n > 0) return Status::kOk;
    if (n < 0 && errno != EINTR) return Status::kEnd;
    // What it said before it went is heard.
    if (n == 0 && idle && !idle() && ::poll(&ready, 1, 0) <= 0) return Status::kEnd;
  }
}

FrameSocket::Status FrameSocket::send(std::string_view frames, std::int64_t deadline_ns,
                                      const Idle& idle) {
  while (!frames.empty()) {
    const ssize_t n = ::send(fd_, frames.data(), frames.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      frames.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (const Status status = wait_for(POLLOUT, deadline_ns, idle); status != Status::kOk) return status;
    } else if (errno != EINTR) {
      return Status::kEnd;
    }
  }
  return Status::kOk;
}

FrameSocket::Status FrameSocket::receive(Frame& frame, std::int64_t deadline_ns,
                                         const Idle& idle) {
  for (;;) {
    const std::size_t there = held_.size() - begin_;
    if (there >= kFrameHead) {
      std::uint32_t size = 0, kind = 0;
      std::memcpy(&size, held_.data() + begin_, sizeof size);
      std::memcpy(&kind, held_.data() + begin_ + sizeof size, sizeof kind);
      if (size > kMostFrameBytes) return Status::kBroken;
      if (there - kFrameHead >= size) {
        frame = {static_cast<FrameKind>(kind), std::string_view(held_).substr(begin_ + kFrameHead, size)};
        begin_ += kFrameHead + size;
        return Status::kOk;
      }
    }
    held_.erase(0, std::exchange(begin_, 0));
    const std::size_t before = held_.size();
    held_.resize(before + kReadAtOnce);
    const ssize_t n = ::recv(fd_, held_.data() + before, kReadAtOnce, MSG_DONTWAIT);
    const int failure = errno;
    held_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n > 0) continue;
    if (n == 0) return Status::kEnd;
    if (failure == EINTR) continue;
    if (failure != EAGAIN) return Status::kEnd;
    if (const Status status = wait_for(POLLIN, deadline_ns, idle); status != Status::kOk) return status;
  }
}

}  // namespace mlmon
