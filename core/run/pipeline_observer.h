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
  std::string failure;                         // ... because of this ...
  std::vector<ConfigError> config_errors;      // ... which is the configuration's fault
  std::vector<std::uint32_t> kinds;            // of events that it gets; empty: all
  std::vector<std::size_t> waits_for;          // observers before it whose events it sees, ascending
  std::unique_ptr<Subscription> subscription;  // for events that it cannot be offered ...
  std::uint64_t missed = 0;                    // ... of which it subscribed to so many
  std::shared_ptr<RouterHost> router;          // null: nobody is told of its actions
};

/// What observers of a run have in common.
struct ObserverSurroundings {
  const std::shared_ptr<EventWishes>& wishes;  // complete once all have started
  bool explain = false;
  bool from_start = false;
  const ModelTable& models;
  LogSink& log;
  std::function<void()> wake;
  std::function<bool(std::string_view)> has_ended = {};  // see ObserverSetup
};

/// Starts the observers, one after the other: each an instance on a thread of its own, and its router.
/// `states`: what each has kept. A failure is the observer's, and stands in the result.
std::vector<PipelineObserver> start_observers(const std::vector<AssembledObserver>& assembled,
                                              std::vector<ObserverState> states,
                                              const ObserverSurroundings& surroundings);

}  // namespace mlmon
