#include "core/pipeline_observer.h"

#include <utility>

namespace mlmon {
namespace {

Result<void> start(PipelineObserver& observer, const AssembledObserver& assembled,
                   ObserverSetup setup, const ModelTable& models, LogSink& log,
                   std::function<void()> wake) {
  if (!assembled.library) return Error{assembled.failure};
  if (assembled.library->classes().front().delivers()) {
    auto router = RouterHost::create(observer.name, assembled.library, assembled.own, log);
    if (!router) return router.error().in(assembled.path);
    observer.router = std::move(*router);
  }
  auto host = std::make_unique<ObserverHost>(std::move(setup), models, log, std::move(wake));
  if (const Result<void> started = host->start(); !started) {
    return started.error().in(assembled.path);
  }
  observer.host = std::move(host);
  return {};
}

}  // namespace

PipelineObserver start_observer(const AssembledObserver& assembled, const EventRules& rules,
                                bool explain, const ModelTable& models, LogSink& log,
                                std::function<void()> wake) {
  PipelineObserver observer;
  observer.name = assembled.config.name;
  observer.subscription =
      std::make_unique<Subscription>(GlobList(assembled.config.models), assembled.kinds, models);
  ObserverSetup setup;
  setup.name = observer.name;
  setup.library = assembled.library;
  setup.config = assembled.own;
  setup.models = GlobList(assembled.config.models);
  setup.kinds = assembled.kinds;
  setup.capacity = assembled.config.capacity;
  setup.drop_newest = assembled.config.overflow == ObserverConfig::Overflow::kDropNewest;
  setup.explain = explain;
  setup.rules = rules;

  const Result<void> started =
      start(observer, assembled, std::move(setup), models, log, std::move(wake));
  if (!started) {
    observer.failure = started.error().text;
    observer.router.reset();
    log.log(LogLevel::kError, observer.name, "observer not started: " + observer.failure);
  }
  return observer;
}

}  // namespace mlmon
