#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/isolation/frame.h"
#include "core/result.h"

namespace mlmon {

/// One end of the stream of frames between host and child. Owns its file descriptor.
class FrameSocket {
 public:
  explicit FrameSocket(int fd) : fd_(fd) {}
  FrameSocket(FrameSocket&& other) noexcept;
  FrameSocket& operator=(FrameSocket&&) = delete;
  ~FrameSocket();

  struct Frame {
    FrameKind kind{};
    std::string_view content;  // valid until the next receive()
  };

  enum class Status {
    kOk,
    kEnd,      // the other side has gone
    kTooLate,  // the deadline is over
    kBroken,   // a frame that cannot be
  };

  /// `deadline_ns`: monotonic; kNever. While it waits it calls `idle` ten times a second; false: the other side has
  /// gone, though somebody else may hold its end.
  static constexpr std::int64_t kNever = INT64_MAX;
  using Idle = std::function<bool()>;
  Status send(std::string_view frames, std::int64_t deadline_ns, const Idle& idle = {});
  Status receive(Frame& frame, std::int64_t deadline_ns, const Idle& idle = {});

  void close();

 private:
  Status wait_for(short events, std::int64_t deadline_ns, const Idle& idle) const;

  int fd_;
  std::string held_;        // received ...
  std::size_t begin_ = 0;   // ... from here on not handed out
};

std::int64_t monotonic_now_ns();

}  // namespace mlmon
