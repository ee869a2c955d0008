#include "core/run/pipeline_observer.h"

#include <utility>

namespace mlmon {
namespace {

Result<void> start(PipelineObserver& observer, const AssembledObserver& assembled,
                   ObserverSetup setup, const ObserverSurroundings& surroundings) {
  if (!assembled.library) return Error{assembled.failure};
  observer.router = assembled.router;
  auto host = std::make_unique<ObserverHost>(std::move(setup), surroundings.models,
                                             surroundings.log, surroundings.wake);
  if (const Result<void> started = host->start(); !started) {
    return started.error().in(assembled.path);
  }
  observer.host = std::move(host);
  return {};
}

}  // namespace

PipelineObserver start_observer(const AssembledObserver& assembled, ObserverState state,
                                const ObserverSurroundings& surroundings) {
  PipelineObserver observer;
  observer.name = assembled.config.name;
  observer.subscription = std::make_unique<Subscription>(GlobList(assembled.config.models),
                                                         assembled.kinds, surroundings.models);
  ObserverSetup setup;
  setup.name = observer.name;
  setup.library = assembled.library;
  setup.config = assembled.own;
  setup.models = GlobList(assembled.config.models);
  setup.kinds = assembled.kinds;
  setup.capacity = assembled.config.capacity;
  setup.drop_newest = assembled.config.overflow == ObserverConfig::Overflow::kDropNewest;
  setup.explain = surroundings.explain;
  setup.rules = surroundings.rules;
  setup.state = std::move(state);
  setup.begin_anew = surroundings.from_start;
  setup.has_ended = surroundings.has_ended;

  const Result<void> started = start(observer, assembled, std::move(setup), surroundings);
  if (!started) {
    observer.failure = started.error().text;
    observer.router.reset();
    surroundings.log.log(LogLevel::kError, observer.name,
                         "observer not started: " + observer.failure);
  }
  return observer;
}

}  // namespace mlmon
