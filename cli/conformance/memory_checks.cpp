#include <string>

#include "cli/conformance/observer_checks.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kMemoryEvents = 500;

std::string lend(const Subject& subject, const Lending& lending) {
  EventSupply events(event_lines(subject, kMemoryEvents), subject.types);
  Manners manners;
  manners.lending = lending;
  ObserverTrial trial(*subject.item, subject.config, events, manners);
  return failure_of(trial.live(41));
}

Verdict bounds(const Subject& subject) {
  for (const auto flush : {GuardedBlock::Flush::kEnd, GuardedBlock::Flush::kBegin}) {
    if (std::string failure = lend(subject, {true, false, flush}); !failure.empty()) {
      return Verdict::failed(failure);
    }
  }
  return Verdict::ok();
}

Verdict lifetime(const Subject& subject) { return Verdict::unless(lend(subject, {true, true})); }

}  // namespace

std::vector<Check> memory_checks() {
  using enum Check::About;
  std::vector<std::string> lives = needs_instance();
  lives.push_back("batches.ordinary");
  return {
      {"memory.bounds", "nothing is read or written beyond what is lent", kObserver, bounds, lives},
      {"memory.lifetime",
       "nothing that is lent is used when its time is over",
       kObserver,
       lifetime,
       {"schema.configuration", "create.instance", "batches.ordinary", "memory.bounds"}},
  };
}

}  // namespace mlmon
