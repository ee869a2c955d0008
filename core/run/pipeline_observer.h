#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/delivery/router_host.h"
#include "core/event/models.h"
#include "core/log_sink.h"
#include "core/observer/observer_host.h"
#include "core/observer/subscription.h"
#include "core/run/assembly.h"

namespace mlmon {

/// One configured observer as the pipeline runs it. One that could not be started stays in the account:
/// the events that it would have seen count as dropped.
struct PipelineObserver {
  std::string name;
  std::unique_ptr<ObserverHost> host;          // null: it could not be started ...
  bool apart = false;                          // it runs in a process of its own
  bool loaded = true;                          // false: its class is not known
  std::string failure;                         // ... because of this ...
  std::vector<ConfigError> config_errors;      // ... which is the configuration's fault
  std::vector<std::uint32_t> asked;            // the kinds of events that it asked for
  std::vector<std::uint32_t> kinds;            // of these events it gets; empty: all
  std::vector<std::size_t> waits_for;          // observers before it whose events it sees, ascending
  std::unique_ptr<Subscription> subscription;  // for events that it cannot be offered ...
  std::uint64_t missed = 0;                    // ... of which it subscribed to so many
  std::shared_ptr<RouterHost> router;          // null: nobody is told of its actions, or its leader's are

  // Where runs share partitions, each partition has instances of its own, so that what they decide depends on nothing
  // but its events. One more, the leader of all of its name, gets no events, and has the router.
  static constexpr std::size_t kEverySource = static_cast<std::size_t>(-1), kNoSource = kEverySource - 1;
  std::size_t source = kEverySource;    // the index of the only one whose events it gets
  std::optional<std::size_t> leader{};  // index; nothing: it is one itself

  bool gets(std::size_t of_source) const { return source == kEverySource || source == of_source; }
};

/// What observers of a run have in common.
struct ObserverSurroundings {
  const std::shared_ptr<EventWishes>& wishes;  // complete once all have started
  bool explain = false;
  bool from_start = false;
  const ModelTable& models;
  LogSink& log;
  std::function<void()> wake;
  std::function<bool(std::string_view)> was_requested = {}, has_ended = {};  // see ObserverSetup, here and below
  std::function<void(PoisonedEvent)> on_poison = {};
};

/// Starts an observer: an instance on a thread of its own, and its router. `state`: what it has kept. A failure
/// is the observer's, and stands in the result.
PipelineObserver start_observer(const AssembledObserver& assembled, ObserverState state,
                                std::optional<Predecessor> predecessor,
                                const ObserverSurroundings& surroundings);

/// Starts the observers of a run, one after the other, and settles them. `states`: what each has kept. A failure
/// is told, and stands in the result.
std::vector<PipelineObserver> start_observers(const std::vector<AssembledObserver>& assembled,
                                              std::vector<ObserverState> states,
                                              const ObserverSurroundings& surroundings);

/// All observers of the run have started, and have nothing to do: tells each which events it gets and who waits
/// for what it emits. `assembled`: of each of them.
void settle_observers(std::vector<PipelineObserver>& observers, const std::vector<AssembledObserver>& assembled,
                      const ObserverSurroundings& surroundings);

}  // namespace mlmon
