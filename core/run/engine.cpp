#include "core/run/engine.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/kafka/kafka_consumer.h"

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
  assembled_ = assembled;
  observers_ = start_observers(assembled, std::move(*states), surroundings());
  rules_ = wishes_->rules();
  if (const auto opened = open_input(assembled); !opened) return opened;
  if (options_.pipeline.checkpoints.durable && !from_start) {
    const auto known = parts_.store.load_newest(
        parts_.models, [this](std::uint32_t model, std::int64_t metrics_ns, std::int64_t drift_ns) {
          intake_->late().know(model, metrics_ns, drift_ns);
        });
    if (!known) return known.error();
  }
  pipeline_.emplace(PipelineParts{*intake_, observers_, parts_.models, rules_, parts_.store,
                                  parts_.output, parts_.clock, parts_.log, wakeup_},
                    options_.pipeline);
  return {};
}

ObserverSurroundings Engine::surroundings() {
  const bool from_start = options_.pipeline.from_start;
  return {wishes_, options_.explain, from_start, parts_.models, parts_.log, [this] { wake(); },
          [this, from_start](std::string_view id) {
            const Result<bool> ended = parts_.store.has_ended(id, from_start);
            return ended && *ended;
          },
          options_.on_poison};
}

/// What each observer kept in earlier runs.
Result<std::vector<ObserverState>> Engine::kept_states(
    const std::vector<AssembledObserver>& assembled) {
  std::vector<ObserverState> states(assembled.size(), new_state());
  if (!options_.pipeline.checkpoints.durable) return states;
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    Result<ObserverState> state = kept_state(assembled[i].config.name);
    if (!state) return state.error();
    states[i] = std::move(*state);
  }
  return states;
}

void Engine::keep_in_memory() {
  for (const PipelineObserver& observer : observers_) {
    if (observer.host) kept_in_memory_[observer.name] = observer.host->kept();
  }
}

Result<ObserverState> Engine::kept_state(const std::string& observer) {
  if (!options_.pipeline.checkpoints.durable) {
    return kept_in_memory_.try_emplace(observer, new_state()).first->second;
  }
  ObserverState state;
  const auto loaded = parts_.store.load_state(
      observer, parts_.models, [&](std::uint32_t model, std::string_view key, std::string_view value) {
        state.load(model, key, value);
      });
  if (!loaded) return loaded.error();
  return state;
}

ReloadPlan Engine::plan(const std::vector<AssembledObserver>& to_come) const {
  const std::vector<Source>& sources = intake_->sources();
  const bool resumes = options_.pipeline.checkpoints.durable &&
                       std::any_of(sources.begin(), sources.end(), [](const Source& one) { return one.booked; });
  return plan_reload(assembled_, observers_, to_come, resumes);
}

Result<Engine::Swapped> Engine::swap(const std::vector<AssembledObserver>& to_come, const ReloadPlan& plan) {
  Swapped swapped;
  std::vector<PipelineObserver> next(to_come.size());
  if (!options_.pipeline.checkpoints.durable) keep_in_memory();
  for (std::size_t i = 0; i < to_come.size(); ++i) {
    const ReloadPlan::Origin& origin = plan.origins[i];
    if (origin.goes_on) continue;
    std::optional<Predecessor> predecessor;
    if (origin.before && observers_[*origin.before].host) predecessor = observers_[*origin.before].host->leave();
    Result<ObserverState> state = kept_state(to_come[i].config.name);
    if (!state) return state.error();
    next[i] = start_observer(to_come[i], std::move(*state), std::move(predecessor), surroundings());
    for (ConfigError& error : next[i].config_errors) swapped.config_errors.push_back(std::move(error));
    if (next[i].config_errors.empty() && !next[i].failure.empty()) {
      swapped.failures.push_back(next[i].name + ": " + next[i].failure);
    }
  }
  if (!swapped.ok()) return swapped;

  Succession succession;
  std::vector<AssembledObserver> assembled;
  std::vector<bool> goes_on(observers_.size(), false);
  for (std::size_t i = 0; i < to_come.size(); ++i) {
    const ReloadPlan::Origin& origin = plan.origins[i];
    succession.origins.push_back({origin.before, origin.goes_on});
    succession.names.push_back(to_come[i].config.name);
    assembled.push_back(origin.goes_on ? assembled_[*origin.before] : to_come[i]);
    if (origin.goes_on) goes_on[*origin.before] = true;
  }
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    if (!goes_on[i]) pipeline_->take_leave(i);
  }
  for (std::size_t i = 0; i < to_come.size(); ++i) {
    if (plan.origins[i].goes_on) next[i] = std::move(observers_[*plan.origins[i].before]);
  }
  assembled_ = std::move(assembled);
  const std::vector<PipelineObserver> before = std::exchange(observers_, std::move(next));
  listen();
  settle_observers(observers_, assembled_, surroundings());
  use_rules(succession);
  if (const auto done = pipeline_->succeed(succession, before); !done) return done.error();
  return swapped;
}

/// Only what some observer asked for is an event.
void Engine::listen() {
  std::vector<std::uint32_t> kinds;
  for (const PipelineObserver& observer : observers_) {
    kinds.insert(kinds.end(), observer.asked.begin(), observer.asked.end());
  }
  wishes_->types().listen_to(kinds);
}

/// The input is read as the observers want it by now, and from where each of them goes on.
void Engine::use_rules(const Succession& succession) {
  EventRules rules = wishes_->rules();
  const bool same = rules.foreign_types == rules_.foreign_types && rules.projections == rules_.projections;
  rules_ = std::move(rules);
  if (!same) intake_->use(rules_);
  if (!book_) return;
  std::set<std::shared_ptr<BookedSource>> sources;
  for (const Source& source : intake_->sources()) {
    if (source.booked) sources.insert(source.booked);
  }
  book_->succeed(succession, sources);
}

/// Once all observers have said which events and members they want.
Result<void> Engine::open_input(const std::vector<AssembledObserver>& assembled) {
  IntakeOptions intake = options_.intake;
  intake.rules = rules_;
  if (options_.follow) intake.follower = &follower_.emplace(options_.follow, parts_.clock);
  if (options_.pipeline.checkpoints.durable || options_.follow) {
    std::vector<std::string> names;
    for (const AssembledObserver& observer : assembled) names.push_back(observer.config.name);
    intake.book = &book_.emplace(parts_.store, std::move(names), options_.pipeline.from_start,
                                 parts_.clock);
  }
  if (options_.kafka) {
    Result<std::unique_ptr<PartitionLog>> log = KafkaConsumer::open(*options_.kafka);
    if (!log) return log.error();
    SourceBook* const book = options_.pipeline.checkpoints.durable ? intake.book : nullptr;
    intake.records =
        &records_.emplace(std::move(*log), *options_.kafka, book, options_.intake.max_line);
  }
  intake_.emplace(std::move(intake), parts_.models, parts_.bad_lines, [this] { wake(); });
  return {};
}

}  // namespace mlmon
