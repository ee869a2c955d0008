#include "core/run/pipeline_observer.h"

#include <algorithm>
#include <utility>

#include "core/event/event_types.h"

namespace mlmon {
namespace {

ObserverSetup setup_of(const AssembledObserver& assembled, ObserverState state,
                       std::optional<Predecessor> predecessor, const ObserverSurroundings& surroundings) {
  ObserverSetup setup;
  setup.name = assembled.config.name;
  setup.library = assembled.library;
  setup.config = assembled.own;
  setup.models = GlobList(assembled.config.models);
  for (const std::string& type : assembled.types) {
    setup.kinds.push_back(surroundings.wishes->types().intern(type));
  }
  if (setup.kinds.empty()) setup.kinds.push_back(kNoKind);
  setup.capacity = assembled.config.capacity;
  setup.drop_newest = assembled.config.overflow == ObserverConfig::Overflow::kDropNewest;
  setup.explain = surroundings.explain;
  setup.wishes = surroundings.wishes;
  setup.state = std::move(state);
  setup.begin_anew = surroundings.from_start;
  setup.predecessor = std::move(predecessor);
  setup.was_requested = surroundings.was_requested;
  setup.has_ended = surroundings.has_ended;
  setup.on_poison = surroundings.on_poison;
  return setup;
}

Result<void> start(PipelineObserver& observer, const AssembledObserver& assembled,
                   ObserverSetup setup, const ObserverSurroundings& surroundings) {
  if (!assembled.library) return Error{assembled.failure};
  auto host = std::make_unique<ObserverHost>(std::move(setup), surroundings.models,
                                             surroundings.log, surroundings.wake);
  if (const Result<void> started = host->start(); !started) {
    if (host->configuration_is_wrong()) {
      observer.config_errors = plugin_key_errors(assembled.config, started.error().text);
    }
    return started.error().in(assembled.path);
  }
  observer.asked = host->kinds();
  observer.host = std::move(host);
  observer.router = assembled.router;
  return {};
}

/// Which of the observers before it each waits for, and for what each has an audience.
std::vector<std::vector<std::string>> join(std::vector<PipelineObserver>& observers,
                                           const std::vector<AssembledObserver>& assembled,
                                           const EventTypes& types) {
  std::vector<std::vector<std::string>> audiences(observers.size());
  for (std::size_t i = 0; i < observers.size(); ++i) {
    const std::vector<std::uint32_t>& kinds = observers[i].asked;
    observers[i].waits_for.clear();
    for (std::size_t before = 0; before < i && observers[i].host; ++before) {
      if (!observers[before].host || observers[before].source != observers[i].source) continue;
      std::size_t heard = 0;
      for (const std::string& type : assembled[before].library->classes().front().emits) {
        const std::uint32_t kind = types.kind_of(type);
        if (kind == 0 || std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) continue;
        audiences[before].push_back(type);
        ++heard;
      }
      if (heard > 0) observers[i].waits_for.push_back(before);
    }
  }
  return audiences;
}

/// Where it has all kinds that there are, none need be looked at.
std::vector<std::uint32_t> without_complete(const std::vector<std::uint32_t>& kinds, const EventTypes& types) {
  const auto has = [&](const std::string& type) {
    return type.empty() || std::find(kinds.begin(), kinds.end(), types.kind_of(type)) != kinds.end();
  };
  std::vector<std::string> all = types.foreign();
  all.insert(all.end(), kOwnTypes.begin(), kOwnTypes.end());
  return std::all_of(all.begin(), all.end(), has) ? std::vector<std::uint32_t>{} : kinds;
}

}  // namespace

PipelineObserver start_observer(const AssembledObserver& assembled, ObserverState state,
                                std::optional<Predecessor> predecessor,
                                const ObserverSurroundings& surroundings) {
  PipelineObserver observer;
  observer.name = assembled.config.name;
  observer.loaded = assembled.loaded;
  observer.apart = assembled.apart;
  ObserverSetup setup = setup_of(assembled, std::move(state), std::move(predecessor), surroundings);
  observer.asked = setup.kinds;
  const Result<void> started = start(observer, assembled, std::move(setup), surroundings);
  if (!started) observer.failure = started.error().text;
  return observer;
}

void settle_observers(std::vector<PipelineObserver>& observers, const std::vector<AssembledObserver>& assembled,
                      const ObserverSurroundings& surroundings) {
  const EventTypes& types = surroundings.wishes->types();
  auto audiences = join(observers, assembled, types);
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    PipelineObserver& observer = observers[i];
    observer.kinds = without_complete(observer.asked, types);
    observer.subscription = std::make_unique<Subscription>(
        GlobList(assembled[i].config.models), observer.kinds, surroundings.models);
    if (observer.host) observer.host->settle(observer.kinds, std::move(audiences[i]));
  }
}

std::vector<PipelineObserver> start_observers(const std::vector<AssembledObserver>& assembled,
                                              std::vector<ObserverState> states,
                                              const ObserverSurroundings& surroundings) {
  std::vector<PipelineObserver> observers;
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    observers.push_back(start_observer(assembled[i], std::move(states[i]), std::nullopt, surroundings));
    const PipelineObserver& started = observers.back();
    if (started.failure.empty() || !started.config_errors.empty()) continue;
    surroundings.log.log(LogLevel::kError, started.name, "observer not started: " + started.failure);
  }
  settle_observers(observers, assembled, surroundings);
  return observers;
}

}  // namespace mlmon
