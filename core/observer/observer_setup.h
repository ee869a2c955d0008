#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <optional>
#include <string_view>
#include <vector>

#include "core/observer/event_wishes.h"
#include "core/observer/job_ends.h"
#include "core/store/observer_state.h"
#include "core/observer/poison.h"
#include "core/plugin/plugin_library.h"
#include "core/text/glob.h"

namespace mlmon {

/// What an instance hands over to the one that takes its place in a run, beside its state.
struct Predecessor {
  std::vector<bool> begun_anew;  // models
  JobEnds job_ends;
};

/// All that makes one configured observer.
struct ObserverSetup {
  std::string name;
  std::shared_ptr<const PluginLibrary> library;  // its first class observes
  std::string config;                            // JSON, defaults filled in
  GlobList models{{"*"}};
  std::vector<std::uint32_t> kinds;  // to begin with; empty: all
  std::uint32_t capacity = 2048;     // events
  bool drop_newest = false;          // in place of back-pressure
  bool explain = false;
  std::shared_ptr<EventWishes> wishes = std::make_shared<EventWishes>();  // of the run's observers
  ObserverState state;      // what it kept
  bool begin_anew = false;  // it forgets that of the models in the input (--from-start) ...
  std::optional<Predecessor> predecessor = {};  // ... but for those that this one had met
  /// Whether the store knows the request of this id; and that it is over. From the observer's thread.
  std::function<bool(std::string_view id)> was_requested, has_ended;
  /// An event is skipped from here on. From the observer's thread, before a barrier behind it has passed.
  std::function<void(PoisonedEvent)> on_poison;
};

}  // namespace mlmon
