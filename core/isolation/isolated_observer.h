#pragma once

#include <mlmon/observer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/isolation/batch_region.h"
#include "core/isolation/child_knowledge.h"
#include "core/isolation/frame_socket.h"
#include "core/isolation/plugin_process.h"
#include "core/result.h"

namespace mlmon {

/// How an observer runs in a process of its own.
struct IsolationPlan {
  PluginCommand command;
  std::uint64_t memory = 0;   // bytes beyond what the child has at its start; 0: no limit
  std::int64_t call_ns = 0;   // of one call; 0: no limit
};

/// What a call answers when the child is gone: it crashed, ended, ran over a limit or broke the protocol.
/// No plugin can return it.
inline constexpr std::int32_t kObserverLost = -1'000'000;

/// An observer in a child process, as its host calls it: by the functions of a mlmon_observer_role. What the
/// child asks for it asks the services for, so that host and plugin cannot tell the difference; it believes
/// nothing that the child says. The protocol is that of sdk/PROTOCOL.md.
///
/// Belongs to the observer's thread.
class IsolatedObserver {
 public:
  /// What the child said of its class.
  struct About {
    std::string id, version, summary, schema;
    std::uint32_t state_version = 0;
    std::uint32_t has = 0;  // kHas..., kObserves ...
    std::vector<std::string> subscribes, emits;
  };

  /// Starts a child to ask what it is. The error is the child's, or why there is none.
  static Result<About> ask(const IsolationPlan& plan);

  /// `create` of the role, for a plan.
  static std::int32_t create(const IsolationPlan& plan, mlmon_observer_host* host,
                             const mlmon_observer_services* services, mlmon_str config,
                             mlmon_observer** out);

  /// The other functions of the role, those that the class has.
  static mlmon_observer_role role(std::uint32_t has);

  /// On an end of a socket whose other one is anybody's: for tests.
  IsolatedObserver(FrameSocket socket, BatchRegion region, mlmon_observer_host* host,
                   const mlmon_observer_services* services, const IsolationPlan& plan);
  ~IsolatedObserver();

  std::int32_t begin(mlmon_str config);
  std::int32_t on_batch(const mlmon_batch& batch);
  std::int32_t on_tick(const mlmon_tick& tick);
  std::int32_t finish();
  std::int32_t migrate(std::uint32_t from_version);
  std::int32_t explain(std::uint32_t model, mlmon_str* json);

 private:
  using Status = FrameSocket::Status;

  static Result<std::unique_ptr<IsolatedObserver>> start(const IsolationPlan& plan, mlmon_observer_host* host,
                                                         const mlmon_observer_services* services);
  Result<About> hear_hello();
  std::int32_t converse(std::string frames);
  std::optional<std::int32_t> take(const FrameSocket::Frame& frame);
  std::int32_t end_call(FrameReader& in);
  std::int32_t answer(std::int32_t code, std::uint32_t number = 0, std::string_view text = {});
  std::uint32_t row_of(std::uint32_t told) const;
  std::int32_t act(FrameReader& in);
  void suppress(FrameReader& in);
  void emit(FrameReader& in);
  std::int32_t question(FrameKind kind, FrameReader& in);
  std::int32_t lose(std::string why);
  bool is_there() const;
  std::int32_t lose(Status status);
  void log(std::int32_t level, std::string_view text);

  FrameSocket socket_;
  BatchRegion region_;
  std::optional<PluginProcess> process_;
  mlmon_observer_host* const host_;
  const mlmon_observer_services* const services_;
  const IsolationPlan plan_;

  bool wants_raw_ = true, dense_ = false;
  bool lost_ = false;
  ChildKnowledge known_;
  const mlmon_batch* batch_ = nullptr;  // of the call that is going on
  std::string explained_;               // what the child said last
  std::int64_t deadline_ns_ = FrameSocket::kNever;
};

}  // namespace mlmon
