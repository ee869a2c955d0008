#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "core/action/decision.h"
#include "core/run/dispatcher.h"
#include "core/run/intake.h"
#include "core/run/pipeline_observer.h"
#include "core/wakeup.h"

namespace mlmon {

/// The observers of one configuration, started. Several policies may share the events that they see, but no
/// derived event of one reaches another.
struct Policy {
  std::string name;
  std::vector<PipelineObserver> observers;
};

/// What a backtest is made of. All of it outlives the backtest.
struct BacktestParts {
  Intake& intake;
  std::vector<Policy>& policies;
  ModelTable& models;
  const EventRules& rules;
  Wakeup& wakeup;  // woken by the parsers and all observers
};

/// Runs several policies over the same events: each block is read and parsed once, and handed to all of
/// them. Nothing is stored or delivered, so no job of the queue ever ends by itself.
///
/// Belongs to one thread.
class Backtest {
 public:
  /// `visit` gets each decision, those of a policy's observer in order. It is called from run().
  using Visit = std::function<void(std::size_t policy, const Decision&)>;
  Backtest(BacktestParts parts, Visit visit);

  /// Until the input has ended and all has been decided.
  void run();

 private:
  bool step();
  bool take_batch();
  bool collect();
  bool handed_out() const;
  std::uint64_t pending() const;
  template <class Do>
  void for_each_host(Do visit) const;

  BacktestParts parts_;
  const Visit visit_;
  std::deque<Dispatcher> dispatchers_;  // by policy; they cannot be moved
  bool barrier_ = false;                 // in every queue
};

}  // namespace mlmon
