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
  sources_ = {is_grouped() ? PipelineObserver::kNoSource : PipelineObserver::kEverySource};
  for (PipelineObserver& observer : observers_) observer.source = sources_.front();
  rules_ = wishes_->rules();
  if (const auto opened = open_input(assembled); !opened) return opened;
  if (options_.pipeline.checkpoints.durable && !from_start && !is_grouped()) {
    if (const auto known = know_newest(0); !known) return known;
  }
  pipeline_.emplace(PipelineParts{*intake_, observers_, parts_.models, rules_, parts_.store,
                                  parts_.output, parts_.clock, parts_.log, wakeup_},
                    options_.pipeline);
  pipeline_->leave_group = [this] { return is_grouped() ? let_go({sources_.begin() + 1, sources_.end()}) : Result<void>(); };
  pipeline_->regroup = [this](bool refused) { return regroup(refused); };
  return {};
}

ObserverSurroundings Engine::surroundings() {
  const bool from_start = options_.pipeline.from_start;
  return {wishes_, options_.explain, from_start, parts_.models, parts_.log, [this] { wake(); },
          [this](std::string_view id) {
            const Result<bool> known = parts_.store.was_requested(id);
            return known && *known;
          },
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
  if (!options_.pipeline.checkpoints.durable || is_grouped()) return states;
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    Result<ObserverState> state = kept_state(assembled[i].config.name, PipelineObserver::kEverySource);
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

/// `source`: as PipelineObserver::source.
Result<ObserverState> Engine::kept_state(const std::string& observer, std::size_t source) {
  if (source == PipelineObserver::kNoSource) return new_state();
  const std::int64_t partition = source == PipelineObserver::kEverySource ? 0 : rows_[source];
  if (!options_.pipeline.checkpoints.durable) {
    return kept_in_memory_.try_emplace(observer, new_state()).first->second;
  }
  ObserverState state;
  const auto loaded = parts_.store.load_state(
      observer, parts_.models, partition, [&](std::uint32_t model, std::string_view key, std::string_view value) {
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
  if (!options_.pipeline.checkpoints.durable) keep_in_memory();
  return replace(to_come, plan.origins, sources_, Why::kReload);
}

/// The observers are these from now on, with instances for each of the sources. `origins`: where each stands among those
/// that were assembled before.
Result<Engine::Swapped> Engine::replace(const std::vector<AssembledObserver>& to_come,
                                        const std::vector<ReloadPlan::Origin>& origins,
                                        const std::vector<std::size_t>& sources, Why why) {
  Swapped swapped;
  Succession succession;
  std::vector<PipelineObserver> next;
  std::vector<bool> goes_on(observers_.size(), false);
  for (const std::size_t source : sources) {
    const auto group = std::find(sources_.begin(), sources_.end(), source);
    const std::size_t first = static_cast<std::size_t>(group - sources_.begin()) * assembled_.size();
    for (std::size_t i = 0; i < to_come.size(); ++i) {
      std::optional<std::size_t> before;
      if (group != sources_.end() && origins[i].before) before = first + *origins[i].before;
      succession.origins.push_back({before, before && origins[i].goes_on});
      succession.names.push_back(to_come[i].config.name);
      PipelineObserver& observer = next.emplace_back();
      if (succession.origins.back().goes_on) {
        goes_on[*before] = true;
        continue;
      }
      std::optional<Predecessor> predecessor;
      if (before && observers_[*before].host) predecessor = observers_[*before].host->leave();
      Result<ObserverState> state = kept_state(to_come[i].config.name, source);
      if (!state) return state.error();
      observer = start_observer(to_come[i], std::move(*state), std::move(predecessor), surroundings());
      observer.source = source;
      if (source != sources.front()) observer.leader = i, observer.router = nullptr;
      for (ConfigError& error : observer.config_errors) swapped.config_errors.push_back(std::move(error));
      if (observer.config_errors.empty() && !observer.failure.empty()) {
        swapped.failures.push_back(observer.name + ": " + observer.failure);
      }
    }
  }
  if (!swapped.ok() && why == Why::kReload) return swapped;

  for (std::size_t i = 0; i < observers_.size(); ++i) {
    if (!goes_on[i]) pipeline_->take_leave(i, why != Why::kRefused);
  }
  std::vector<AssembledObserver> assembled;
  for (std::size_t i = 0; i < to_come.size(); ++i) {
    assembled.push_back(origins[i].goes_on ? assembled_[*origins[i].before] : to_come[i]);
  }
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (succession.origins[i].goes_on) next[i] = std::move(observers_[*succession.origins[i].before]);
  }
  assembled_ = std::move(assembled);
  sources_ = sources;
  const std::vector<PipelineObserver> before = std::exchange(observers_, std::move(next));
  listen();
  settle_observers(observers_, of_each(), surroundings());
  use_rules();
  if (const auto done = pipeline_->succeed(succession, before); !done) return done.error();
  use_book(succession);
  return swapped;
}

/// What each observer of the list was assembled from.
std::vector<AssembledObserver> Engine::of_each() const {
  std::vector<AssembledObserver> all;
  for (std::size_t i = 0; i < sources_.size(); ++i) all.insert(all.end(), assembled_.begin(), assembled_.end());
  return all;
}

/// Lets go of the partitions that the group has given to others, and claims those that it has given to this run.
Result<void> Engine::regroup(bool refused) {
  std::vector<Source>& sources = intake_->sources();
  const std::vector<std::size_t> gone = refused ? std::vector(sources_.begin() + 1, sources_.end()) : records_->leaving();
  if (const auto let = let_go(gone); !let) return let;
  std::vector<std::size_t> stay = sources_;
  std::erase_if(stay, [&](std::size_t one) { return std::find(gone.begin(), gone.end(), one) != gone.end(); });

  if (refused) records_->lose_all(sources);
  std::vector<FoundPartition> coming;
  if (!refused) coming = records_->coming();
  std::vector<KnownSource> wanted;
  for (const FoundPartition& one : coming) wanted.push_back(records_->wanted(one));
  auto claimed = wanted.empty() ? Result<std::vector<ClaimedPartition>>(std::vector<ClaimedPartition>())
                                : parts_.store.claim(wanted);
  if (!claimed) return claimed.error();
  std::vector<std::size_t> begun;
  std::vector<DueLine> due;
  for (std::size_t i = 0; i < coming.size(); ++i) {
    begun.push_back(records_->source_of(coming[i], sources));
    rows_[begun.back()] = (*claimed)[i].source.row;
    due.insert(due.end(), (*claimed)[i].due.begin(), (*claimed)[i].due.end());
  }
  stay.insert(stay.end(), begun.begin(), begun.end());

  std::vector<ReloadPlan::Origin> origins;
  for (std::size_t i = 0; i < assembled_.size(); ++i) origins.push_back({i, true});
  const std::vector<AssembledObserver> same = assembled_;
  const Result<Swapped> replaced = replace(same, origins, stay, refused ? Why::kRefused : Why::kRegroup);
  if (!replaced) return replaced.error();
  for (const std::string& failure : replaced->failures) parts_.log.log(LogLevel::kError, "", failure);

  for (std::size_t i = 0; i < coming.size(); ++i) {
    records_->take_over(coming[i], (*claimed)[i].source, sources);
    const auto known = know_newest((*claimed)[i].source.row);
    if (!known) return known;
  }
  std::sort(due.begin(), due.end(), [](const DueLine& a, const DueLine& b) { return a.number < b.number; });
  if (const auto begin = pipeline_->begin_sources(begun, due); !begin) return begin;
  if (!refused) records_->regrouped(sources);
  return {};
}

Result<void> Engine::let_go(const std::vector<std::size_t>& sources) {
  std::vector<std::int64_t> rows;
  for (const std::size_t source : sources) rows.push_back(rows_[source]);
  return rows.empty() ? Result<void>() : parts_.store.let_go(rows, pipeline_->written());
}

/// Of the models of a partition of the store; 0: of all.
Result<void> Engine::know_newest(std::int64_t partition) {
  return parts_.store.load_newest(
      parts_.models, partition, [this](std::uint32_t model, std::int64_t metrics_ns, std::int64_t drift_ns) {
        intake_->late().know(model, metrics_ns, drift_ns);
      });
}

/// Only what some observer asked for is an event.
void Engine::listen() {
  std::vector<std::uint32_t> kinds;
  for (const PipelineObserver& observer : observers_) {
    kinds.insert(kinds.end(), observer.asked.begin(), observer.asked.end());
  }
  wishes_->types().listen_to(kinds);
}

/// The input is read as the observers want it by now.
void Engine::use_rules() {
  EventRules rules = wishes_->rules();
  const bool same = rules.foreign_types == rules_.foreign_types && rules.projections == rules_.projections;
  rules_ = std::move(rules);
  if (!same) intake_->use(rules_);
}

/// Where each observer goes on, after the pipeline has heard of them: it asks where those went on that were before.
void Engine::use_book(const Succession& succession) {
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
