#pragma once

#include <csignal>

namespace mlmon::transport {

/// While it lives, a write to a peer that has gone gives this thread EPIPE, and no SIGPIPE ends the
/// process.
class SigpipeBlock {
 public:
  SigpipeBlock();
  ~SigpipeBlock();
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;

 private:
  sigset_t before_;
  bool was_pending_;
};

}  // namespace mlmon::transport
