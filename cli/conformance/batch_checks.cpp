#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "cli/conformance/observer_checks.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kBatchEvents = 1'000;
constexpr std::uint32_t kBatchAtOnce = 64;
constexpr std::uint32_t kLargest = 65'536;
constexpr std::uint32_t kManyModels = 5'000;

Verdict ordinary(const Subject& subject) {
  EventSupply events(event_lines(subject, kBatchEvents), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events);
  const std::string failure = failure_of(trial.live(kBatchAtOnce));
  if (!failure.empty()) return Verdict::failed(failure);
  if (std::string why = untried(trial, events); !why.empty()) return not_tried(why);
  return Verdict::ok(fmt::format("{} events, {} decisions", kBatchEvents, trial.decisions.size()));
}

/// Lives through events that `spoil` has changed: a failure is fine, if it is told.
Verdict survive(const Subject& subject, const std::function<void(Batch&)>& spoil) {
  EventSupply events(event_lines(subject, kBatchEvents), subject.types);
  spoil(events.batch);
  ObserverTrial trial(*subject.item, subject.config, events);
  return Verdict::unless(breach_of(trial.live(kBatchAtOnce)));
}

Verdict figures(const Subject& subject) {
  using Limits = std::numeric_limits<double>;
  static constexpr double kFigures[] = {
      Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), Limits::denorm_min(), -0.0,
      Limits::max(),       Limits::lowest()};
  return survive(subject, [](Batch& batch) {
    std::size_t next = 0;
    for (auto* column : {&batch.accuracy, &batch.precision, &batch.recall, &batch.f1,
                         &batch.p_value, &batch.magnitude}) {
      for (double& figure : *column) figure = kFigures[next++ % std::size(kFigures)];
    }
    for (std::size_t row = 0; row < batch.samples.size(); row += 2) {
      batch.samples[row] = row % 4 == 0 ? INT64_MIN : INT64_MAX;
    }
  });
}

Verdict times(const Subject& subject) {
  static constexpr std::int64_t kTimes[] = {0,         INT64_MAX, INT64_MIN,    -1,
                                            INT64_MAX, 1,         INT64_MIN + 1};
  return survive(subject, [](Batch& batch) {
    for (std::size_t row = 0; row < batch.time_ns.size(); ++row) {
      if (row % 3 != 0) batch.time_ns[row] = kTimes[row % std::size(kTimes)];
    }
  });
}

Verdict kinds(const Subject& subject) {
  static constexpr std::uint32_t kKinds[] = {4, 15, 16, 17, 1'000, 1u << 31, UINT32_MAX};
  return survive(subject, [](Batch& batch) {
    for (std::size_t row = 0; row < batch.kind.size(); row += 2) {
      batch.kind[row] = kKinds[row / 2 % std::size(kKinds)];
    }
  });
}

Verdict batch_sizes(const Subject& subject) {
  EventSupply events(event_lines(subject, kLargest), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events);
  CallResult result = trial.create();
  if (result.ok()) result = trial.feed(0, 1, 1);
  BatchSlice none;  // nothing that it subscribed to, and events were lost before it
  none.first = 1;
  none.rows = 9;
  none.selected.emplace();
  none.flags = MLMON_BATCH_GAP;
  none.dropped = 7;
  const std::size_t decided = trial.decisions.size();
  if (result.ok()) result = trial.observe(none);
  if (trial.decisions.size() > decided) {
    return Verdict::failed("it decided on a batch of which it subscribed to no event");
  }
  if (result.ok()) result = trial.feed(10, 20, 1);
  if (result.ok()) result = trial.feed(0, kLargest, kLargest);
  if (result.ok()) result = trial.finish();
  return Verdict::unless(failure_of(result));
}

Verdict models(const Subject& subject) {
  EventSupply events(event_lines(subject, 2 * kManyModels, kManyModels), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events);
  return Verdict::unless(failure_of(trial.live(4096)));
}

}  // namespace

std::vector<Check> batch_checks() {
  using enum Check::About;
  std::vector<std::string> lives = needs_instance();
  lives.push_back("batches.ordinary");
  return {
      {"batches.ordinary", "it lives through ordinary events", kObserver, ordinary,
       needs_instance()},
      {"batches.figures", "NaN, infinities and extreme figures", kObserver, figures, lives},
      {"batches.times", "time going back, and to both ends", kObserver, times, lives},
      {"batches.kinds", "kinds of events that it does not know", kObserver, kinds, lives},
      {"batches.sizes", "1 and 65,536 events, and none that it subscribed to", kObserver, batch_sizes,
       lives},
      {"batches.models", "5,000 models", kObserver, models, lives},
  };
}

}  // namespace mlmon
