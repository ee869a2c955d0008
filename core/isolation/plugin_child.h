#pragma once

#include <mlmon/observer.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/event/models.h"
#include "core/isolation/batch_region.h"
#include "core/isolation/frame_socket.h"
#include "core/store/observer_state.h"
#include "core/plugin/plugin_library.h"

namespace mlmon {

/// The child's side of an IsolatedObserver, for a plugin that is a shared library: loads it, calls its first
/// class as the host asks, and answers or passes on what that asks of its host. What only writes is passed
/// on without a question; what is kept stands in memory here too.
class PluginChild {
 public:
  PluginChild(FrameSocket socket, BatchRegion region);

  /// From the library to the end of the connection. False: it ended in the middle of something.
  bool serve(const std::string& path, const std::string& host_version);

 private:
  friend struct ChildServices;
  using Status = FrameSocket::Status;

  mlmon_observer_host* handle() { return reinterpret_cast<mlmon_observer_host*>(this); }
  std::string hello() const;
  bool take(const FrameSocket::Frame& frame);
  bool create(FrameReader& in);
  bool take_models(FrameReader& in);
  bool take_state(FrameReader& in);
  bool explain(std::uint32_t model);
  bool end_call(std::int32_t code);

  void pass_on(std::string frame);
  bool flush();
  struct Answer {
    std::int32_t code = MLMON_E_FAILED;
    std::uint32_t number = 0;
    std::string text;
  };
  Answer ask(std::string frame);
  bool own_thread(const char* service);
  std::int32_t misused(std::string how);

  FrameSocket socket_;
  BatchRegion region_;
  const PluginClass* class_ = nullptr;
  mlmon_observer* instance_ = nullptr;
  std::thread::id thread_;
  bool explaining_ = false;
  bool broken_ = false;  // the host has gone

  ModelTable models_;
  ObserverState state_{false};
  std::vector<ObserverState::Place> scan_;  // what state_next has still to give, the last first
  ObserverState::Place scanned_;            // what it gave last
  BorrowedBatch batch_;
  std::string said_;  // by set_error
  std::string last_id_;

  std::mutex mutex_;
  std::string out_;     // frames that were not sent yet
  std::string misuse_;  // what was called where it must not be
  std::map<std::uint32_t, std::string> kinds_;
  std::array<std::uint64_t, 64> counted_{};
};

/// The functions behind mlmon_observer_services, in the child.
const mlmon_observer_services& child_services();

}  // namespace mlmon
