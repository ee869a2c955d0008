#include <fmt/format.h>

#include <string>
#include <thread>

#include "cli/conformance/observer_checks.h"
#include "cli/conformance/process_growth.h"
#include "cli/conformance/process_state.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kEvents = 100;
constexpr std::uint32_t kAtOnce = 30;
constexpr int kPairs = 20;

void live_once(const Subject& subject, EventSupply& events) {
  ObserverTrial trial(subject.item->observer, subject.config, events);
  trial.live(kAtOnce);
}

template <std::string (*left_by)(const std::function<void()>&)>
Verdict leaves_nothing(const Subject& subject) {
  EventSupply events(made_up_lines(kEvents));
  return Verdict::unless(left_by([&] { live_once(subject, events); }));
}

Verdict process(const Subject& subject) {
  EventSupply events(made_up_lines(kEvents));
  const ProcessState before = ProcessState::now();
  live_once(subject, events);
  ProcessState after = ProcessState::now();
  after.descriptors = before.descriptors;  // lifecycle.descriptors counts them
  return Verdict::unless(difference(before, after));
}

Record life(const Subject& subject) {
  EventSupply events(made_up_lines(kEvents));
  ObserverTrial trial(subject.item->observer, subject.config, events);
  std::string failure = failure_of(trial.live(kAtOnce));
  return {std::move(failure), trial.decisions, trial.state};
}

/// Two instances at once, each on a thread of its own, decide what one decides alone.
Verdict instances(const Subject& subject) {
  const Record alone = record_apart(subject, [&] { return life(subject); });
  for (int round = 0; round < kPairs; ++round) {
    Record one, other;
    std::thread first([&] { one = life(subject); });
    std::thread second([&] { other = life(subject); });
    first.join();
    second.join();
    for (const Record& record : {one, other}) {
      if (!record.failure.empty()) return Verdict::failed(record.failure);
      const std::string found = difference(alone, record, "beside another instance");
      if (!found.empty()) return Verdict::failed(found);
    }
  }
  return Verdict::ok();
}

}  // namespace

std::vector<Check> lifecycle_checks() {
  using enum Check::About;
  std::vector<std::string> alike = needs_decisions();
  alike.push_back("determinism.repeated");
  return {
      {"lifecycle.memory", "a hundred instances leave no memory behind", kObserver, leaves_nothing<memory_left_by>,
       needs_decisions()},
      {"lifecycle.descriptors", "nor open files", kObserver, leaves_nothing<descriptors_left_by>, needs_decisions()},
      {"lifecycle.threads", "nor threads", kObserver, leaves_nothing<threads_left_by>, needs_decisions()},
      {"lifecycle.process", "an instance changes nothing of the process", kObserver, process,
       needs_decisions()},
      {"lifecycle.instances", "two instances know nothing of each other", kObserver, instances, alike},
  };
}

}  // namespace mlmon
