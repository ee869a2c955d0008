#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/input/input_paths.h"
#include "core/kafka/kafka_settings.h"
#include "core/observer/event_wishes.h"
#include "core/run/assembly.h"
#include "core/run/follower.h"
#include "core/run/intake.h"
#include "core/run/partition_reader.h"
#include "core/run/pipeline.h"
#include "core/run/reload.h"
#include "core/run/source_book.h"
#include "core/wakeup.h"

namespace mlmon {

/// What an engine works on. All of it outlives the engine.
struct EngineParts {
  Store& store;
  Output& output;
  BadLineReporter& bad_lines;
  const Clock& clock;
  LogSink& log;
  ModelTable& models;
};

struct EngineOptions {
  IntakeOptions intake;  // its rules are completed; book, follower and records are the engine's
  std::optional<KafkaSettings> kafka;  // what is read in place of the intake's paths
  PipelineOptions pipeline;
  std::function<InputPaths()> follow;  // --follow: the files that there are now; empty: those of the intake
  bool explain = false;
  std::function<void(PoisonedEvent)> on_poison;  // see ObserverSetup
};

/// One run, wired: observers with what they keep, the input with the places where it goes on, and the pipeline
/// that joins them. The program and the tests wire it here and nowhere else.
///
/// Belongs to the pipeline's thread, but for Pipeline::stop().
class Engine {
 public:
  /// Starts the observers, one after the other. One that could not be started stays in the account. Fails if
  /// what they keep cannot be read.
  static Result<std::unique_ptr<Engine>> make(EngineParts parts, EngineOptions options,
                                              const std::vector<AssembledObserver>& assembled);

  const std::vector<PipelineObserver>& observers() const { return observers_; }
  const std::vector<AssembledObserver>& assembled() const { return assembled_; }
  const EventTypes& types() const { return wishes_->types(); }
  Intake& intake() { return *intake_; }
  Pipeline& pipeline() { return *pipeline_; }

  /// What would change if these were the observers. The pipeline's thread.
  ReloadPlan plan(const std::vector<AssembledObserver>& to_come) const;

  /// What came of a try to replace observers: with errors nothing has changed.
  struct Swapped {
    std::vector<ConfigError> config_errors;
    std::vector<std::string> failures;
    bool ok() const { return config_errors.empty() && failures.empty(); }
  };

  /// Makes `to_come` the observers of the run, as the plan says. Those that are new, or take the place of another, are
  /// made with what the store has of their name; only if all of them could be are others drained and ended. From
  /// Pipeline::swap. Fails if the store does, and then so must the run.
  Result<Swapped> swap(const std::vector<AssembledObserver>& to_come, const ReloadPlan& plan);

  /// Wakes the pipeline's thread; from any thread.
  void wake() { wakeup_.wake(); }

 private:
  Engine(EngineParts parts, EngineOptions options, Wakeup wakeup);
  Result<void> start(const std::vector<AssembledObserver>& assembled);
  Result<std::vector<ObserverState>> kept_states(const std::vector<AssembledObserver>& assembled);
  Result<ObserverState> kept_state(const std::string& observer, std::size_t source);
  ObserverState new_state() const { return ObserverState(options_.pipeline.checkpoints.durable); }
  /// Why observers are replaced: a reload takes place only if all that are new could be made; partitions come and go
  /// all the same, and where a checkpoint was refused nothing counts of those that end.
  enum class Why { kReload, kRegroup, kRefused };
  Result<Swapped> replace(const std::vector<AssembledObserver>& to_come,
                          const std::vector<ReloadPlan::Origin>& origins, const std::vector<std::size_t>& sources,
                          Why why);
  Result<void> regroup(bool refused);
  Result<void> know_newest(std::int64_t partition);
  bool is_grouped() const { return options_.kafka && options_.kafka->grouped; }
  Result<void> let_go(const std::vector<std::size_t>& sources);
  std::vector<AssembledObserver> of_each() const;
  void keep_in_memory();
  ObserverSurroundings surroundings();
  void listen();
  void use_rules();
  void use_book(const Succession& succession);
  Result<void> open_input(const std::vector<AssembledObserver>& assembled);

  const EngineParts parts_;
  EngineOptions options_;
  Wakeup wakeup_;
  const std::shared_ptr<EventWishes> wishes_;
  std::vector<AssembledObserver> assembled_;
  std::map<std::string, ObserverState> kept_in_memory_;  // of a run without state, at its last reload
  std::vector<PipelineObserver> observers_;  // those of one source after those of another: see sources_
  std::vector<std::size_t> sources_;         // as PipelineObserver::source
  std::map<std::size_t, std::int64_t> rows_;  // of claimed partitions in the store, by source
  EventRules rules_;
  std::optional<SourceBook> book_;
  std::optional<Follower> follower_;
  std::optional<PartitionReader> records_;
  std::optional<Intake> intake_;
  std::optional<Pipeline> pipeline_;
};

}  // namespace mlmon
