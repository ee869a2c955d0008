#include <fmt/format.h>

#include <algorithm>
#include <barrier>
#include <string>
#include <thread>

#include "cli/conformance/observer_checks.h"
#include "cli/conformance/process_growth.h"
#include "cli/conformance/process_state.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kLifeEvents = 100;
constexpr std::uint32_t kLifeAtOnce = 30;

void live_once(const Subject& subject, EventSupply& events) {
  ObserverTrial trial(*subject.item, subject.config, events);
  trial.live(kLifeAtOnce);
}

template <std::string (*left_by)(const std::function<void()>&)>
Verdict leaves_nothing(const Subject& subject) {
  EventSupply events(event_lines(subject, kLifeEvents), subject.types);
  return Verdict::unless(left_by([&] { live_once(subject, events); }));
}

Verdict process(const Subject& subject) {
  EventSupply events(event_lines(subject, kLifeEvents), subject.types);
  const ProcessState before = ProcessState::now();
  live_once(subject, events);
  ProcessState after = ProcessState::now();
  after.descriptors = before.descriptors;  // lifecycle.descriptors counts them
  return Verdict::unless(difference(before, after));
}

/// A life that goes from one batch to the next in step with others.
Record life(const Subject& subject, std::barrier<>& step) {
  EventSupply events(event_lines(subject, kLifeEvents), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events);
  CallResult result = trial.create();
  for (std::uint32_t at = 0; at < kLifeEvents; at += kLifeAtOnce) {
    step.arrive_and_wait();
    if (result.ok()) result = trial.feed(at, std::min(at + kLifeAtOnce, kLifeEvents), kLifeAtOnce);
  }
  step.arrive_and_wait();
  trial.destroy();
  return {failure_of(result), trial.decisions, trial.state};
}

/// Two instances at once, each on a thread of its own, decide what one decides alone.
Verdict instances(const Subject& subject) {
  const Record alone = record_apart(subject, [&] {
    std::barrier<> nobody(1);
    return life(subject, nobody);
  });
  std::barrier<> both(2);
  Record one, other;
  std::thread first([&] { one = life(subject, both); });
  std::thread second([&] { other = life(subject, both); });
  first.join();
  second.join();
  for (const Record& record : {one, other}) {
    if (!record.failure.empty()) return Verdict::failed(record.failure);
    const std::string found = difference(alone, record, "beside another instance");
    if (!found.empty()) return Verdict::failed(found);
  }
  return Verdict::ok();
}

}  // namespace

std::vector<Check> lifecycle_checks() {
  using enum Check::About;
  std::vector<std::string> alike = needs_decisions();
  alike.push_back("determinism.repeated");
  alike.push_back("state.replay");
  std::vector<std::string> quiet = needs_decisions();
  quiet.push_back("lifecycle.threads");
  return {
      {"lifecycle.threads", "when destroy returns, its threads are gone", kObserver,
       leaves_nothing<threads_left_by>, needs_decisions()},
      {"lifecycle.descriptors", "a hundred instances leave no file open", kObserver,
       leaves_nothing<descriptors_left_by>, needs_decisions()},
      {"lifecycle.memory", "nor memory behind", kObserver, leaves_nothing<memory_left_by>, quiet},
      {"lifecycle.process", "an instance changes nothing of the process", kObserver, process,
       needs_decisions()},
      {"lifecycle.instances", "two instances know nothing of each other", kObserver, instances,
       alike},
  };
}

}  // namespace mlmon
