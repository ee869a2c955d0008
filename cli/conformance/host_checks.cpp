#include <fmt/format.h>

#include <cstddef>
#include <string>

#include "cli/conformance/dynamic_library.h"
#include "cli/conformance/observer_checks.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kHostEvents = 500;
constexpr std::uint32_t kHostAtOnce = 20;
constexpr std::uint32_t kMore = 64;  // bytes that structs of a later minor version have behind ours
constexpr std::uint32_t kUnknownFlag = 1u << 30;

std::string live_with(const Subject& subject, const Manners& manners) {
  EventSupply events(event_lines(subject, kHostEvents), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events, manners);
  return failure_of(trial.live(kHostAtOnce));
}

/// A table and a batch of 1.0, behind which nothing can be read.
Verdict older(const Subject& subject) {
  const Result<DynamicLibrary> library = DynamicLibrary::open(subject.path);
  const mlmon_plugin* plugin = ask_entry(*library, MLMON_ABI_MAJOR, MLMON_ABI_MINOR).plugin;
  if (plugin->min_host_minor > 0) {
    return Verdict::ok(
        fmt::format("it needs a host of ABI {}.{}", MLMON_ABI_MAJOR, plugin->min_host_minor));
  }
  Manners manners;
  manners.abi_minor = 0;
  manners.services_size = kServicesSize10;
  manners.batch_size = kBatchSize10;
  manners.lending.guarded = true;
  EventSupply events(event_lines(subject, kHostEvents), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events, manners);
  return Verdict::unless(breach_of(trial.live(kHostAtOnce)));
}

Verdict newer(const Subject& subject) {
  Manners manners;
  manners.abi_minor = MLMON_ABI_MINOR + 1;
  manners.services_size += kMore;
  manners.batch_size += kMore;
  manners.flags = kUnknownFlag;
  return Verdict::unless(live_with(subject, manners));
}

}  // namespace

std::vector<Check> host_checks() {
  using enum Check::About;
  return {
      {"hosts.older", "it looks at sizes before it uses what is younger than 1.0", kObserver, older,
       needs_decisions()},
      {"hosts.newer", "it does not mind a host that offers more", kObserver, newer,
       needs_decisions()},
  };
}

}  // namespace mlmon
