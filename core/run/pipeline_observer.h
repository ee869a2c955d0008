#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

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
  std::string failure;                         // ... because of this
  std::unique_ptr<Subscription> subscription;  // for events that it cannot be offered ...
  std::uint64_t missed = 0;                    // ... of which it subscribed to so many
  std::shared_ptr<RouterHost> router;          // null: nobody is told of its actions
};

/// What observers of a run have in common.
struct ObserverSurroundings {
  const EventRules& rules;
  bool explain = false;
  bool from_start = false;
  const ModelTable& models;
  LogSink& log;
  std::function<void()> wake;
  std::function<bool(std::string_view)> has_ended = {};  // see ObserverSetup
};

/// Starts an observer: its instance on a thread of its own, and its router. A failure is the observer's,
/// and stands in the result.
PipelineObserver start_observer(const AssembledObserver& assembled, ObserverState state,
                                const ObserverSurroundings& surroundings);

}  // namespace mlmon
