#include "core/run/engine.h"

#include <utility>

namespace mlmon {

Result<std::unique_ptr<Engine>> Engine::make(EngineParts parts, EngineOptions options,
                                             const std::vector<AssembledObserver>& assembled) {
  Result<Wakeup> wakeup = Wakeup::open();
  if (!wakeup) return wakeup.error();
  std::unique_ptr<Engine> engine(new Engine(parts, std::move(options), std::move(*wakeup)));
  if (const auto started = engine->start(assembled); !started) return started.error();
  return engine;
}

Engine::Engine(EngineParts parts, EngineOptions options, Wakeup wakeup)
    : parts_(parts),
      options_(std::move(options)),
      wakeup_(std::move(wakeup)),
      wishes_(std::make_shared<EventWishes>(options_.intake.rules)) {}

Result<void> Engine::start(const std::vector<AssembledObserver>& assembled) {
  Result<std::vector<ObserverState>> states = kept_states(assembled);
  if (!states) return states.error();
  const bool from_start = options_.pipeline.from_start;
  const ObserverSurroundings surroundings{
      wishes_,    options_.explain, from_start, parts_.models,
      parts_.log, [this] { wake(); }, [this, from_start](std::string_view id) {
        const Result<bool> ended = parts_.store.has_ended(id, from_start);
        return ended && *ended;
      }};
  observers_ = start_observers(assembled, std::move(*states), surroundings);
  rules_ = wishes_->rules();
  open_input(assembled);
  pipeline_.emplace(PipelineParts{*intake_, observers_, parts_.models, rules_, parts_.store,
                                  parts_.output, parts_.clock, parts_.log, wakeup_},
                    options_.pipeline);
  return {};
}

/// What each observer kept in earlier runs.
Result<std::vector<ObserverState>> Engine::kept_states(
    const std::vector<AssembledObserver>& assembled) {
  std::vector<ObserverState> states(assembled.size());
  if (!options_.pipeline.checkpoints.durable) return states;
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    const auto loaded = parts_.store.load_state(
        assembled[i].config.name, parts_.models,
        [&](std::uint32_t model, std::string_view key, std::string_view value) {
          states[i].load(model, key, value);
        });
    if (!loaded) return loaded.error();
  }
  return states;
}

/// Once all observers have said which events and members they want.
void Engine::open_input(const std::vector<AssembledObserver>& assembled) {
  IntakeOptions intake = options_.intake;
  intake.rules = rules_;
  if (options_.follow) intake.follower = &follower_.emplace(options_.follow, parts_.clock);
  if (options_.pipeline.checkpoints.durable || options_.follow) {
    std::vector<std::string> names;
    for (const AssembledObserver& observer : assembled) names.push_back(observer.config.name);
    intake.book = &book_.emplace(parts_.store, std::move(names), options_.pipeline.from_start,
                                 parts_.clock);
  }
  intake_.emplace(std::move(intake), parts_.models, parts_.bad_lines, [this] { wake(); });
}

}  // namespace mlmon
