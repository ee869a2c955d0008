#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "cli/conformance/observer_checks.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kSpeedEvents = 20'480;
constexpr std::uint32_t kSpeedAtOnce = 4'096;
constexpr double kSlow_ns = 10'000;  // then it alone holds mlmon down to 100,000 events a second
constexpr int kTries = 3;
constexpr double kLongTry_ns = 1e9;  // one of them is enough

Verdict events(const Subject& subject) {
  using Time = std::chrono::steady_clock;
  EventSupply supply(event_lines(subject, kSpeedEvents), subject.types);
  Manners manners;
  manners.explaining = false;
  manners.recording = false;
  double best_ns = 0;
  for (int i = 0; i < kTries; ++i) {
    ObserverTrial trial(*subject.item, subject.config, supply, manners);
    trial.create();
    const auto begin = Time::now();
    trial.feed(0, kSpeedEvents, kSpeedAtOnce);
    const double ns =
        std::chrono::duration<double, std::nano>(Time::now() - begin).count() / kSpeedEvents;
    best_ns = i == 0 ? ns : std::min(best_ns, ns);
    if (ns * kSpeedEvents > kLongTry_ns) break;
  }
  const std::string figure = fmt::format("{:.0f} ns an event", best_ns);
  return best_ns < kSlow_ns ? Verdict::ok(figure) : Verdict::warning(figure);
}

}  // namespace

std::vector<Check> speed_checks() {
  using enum Check::About;
  return {
      {"speed.events", "what an event costs in the plugin", kObserver, events, needs_decisions()}};
}

}  // namespace mlmon
