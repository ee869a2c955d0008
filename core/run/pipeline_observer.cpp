#include "core/run/pipeline_observer.h"

#include <algorithm>
#include <utility>

namespace mlmon {
namespace {

ObserverSetup setup_of(const AssembledObserver& assembled, ObserverState state,
                       const ObserverSurroundings& surroundings) {
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
  setup.has_ended = surroundings.has_ended;
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
  observer.kinds = host->kinds();
  observer.host = std::move(host);
  observer.router = assembled.router;
  return {};
}

PipelineObserver start_observer(const AssembledObserver& assembled, ObserverState state,
                                const ObserverSurroundings& surroundings) {
  PipelineObserver observer;
  observer.name = assembled.config.name;
  ObserverSetup setup = setup_of(assembled, std::move(state), surroundings);
  observer.kinds = setup.kinds;
  const Result<void> started = start(observer, assembled, std::move(setup), surroundings);
  if (!started) {
    observer.failure = started.error().text;
    if (observer.config_errors.empty()) {
      surroundings.log.log(LogLevel::kError, observer.name,
                           "observer not started: " + observer.failure);
    }
  }
  return observer;
}

/// Which of the observers before it each waits for, and for what each has an audience.
std::vector<std::vector<std::string>> join(std::vector<PipelineObserver>& observers,
                                           const std::vector<AssembledObserver>& assembled,
                                           const EventTypes& types) {
  std::vector<std::vector<std::string>> audiences(observers.size());
  for (std::size_t i = 0; i < observers.size(); ++i) {
    const std::vector<std::uint32_t>& kinds = observers[i].kinds;
    for (std::size_t before = 0; before < i && observers[i].host; ++before) {
      if (!observers[before].host) continue;
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
void drop_complete_kinds(std::vector<std::uint32_t>& kinds, const EventTypes& types) {
  const auto has = [&](const std::string& type) {
    return std::find(kinds.begin(), kinds.end(), types.kind_of(type)) != kinds.end();
  };
  std::vector<std::string> all = types.foreign();
  all.insert(all.end(), {"metrics", "drift", "job"});
  if (std::all_of(all.begin(), all.end(), has)) kinds.clear();
}

}  // namespace

std::vector<PipelineObserver> start_observers(const std::vector<AssembledObserver>& assembled,
                                              std::vector<ObserverState> states,
                                              const ObserverSurroundings& surroundings) {
  std::vector<PipelineObserver> observers;
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    observers.push_back(start_observer(assembled[i], std::move(states[i]), surroundings));
  }
  auto audiences = join(observers, assembled, surroundings.wishes->types());
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    PipelineObserver& observer = observers[i];
    drop_complete_kinds(observer.kinds, surroundings.wishes->types());
    observer.subscription = std::make_unique<Subscription>(
        GlobList(assembled[i].config.models), observer.kinds, surroundings.models);
    if (observer.host) observer.host->settle(observer.kinds, std::move(audiences[i]));
  }
  return observers;
}

}  // namespace mlmon
