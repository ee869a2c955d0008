#include <fmt/format.h>

#include <string>

#include "cli/conformance/observer_checks.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kEvents = 500;
constexpr std::uint32_t kAtOnce = 20;

/// What the trial wrote down in a whole life.
template <std::string ObserverTrial::*noted>
Verdict nothing_noted(const Subject& subject) {
  EventSupply events(made_up_lines(kEvents));
  ObserverTrial trial(subject.item->observer, subject.config, events);
  trial.live(kAtOnce);
  return Verdict::unless(trial.*noted);
}

struct Code {
  std::int32_t code;
  const char* name;
};
constexpr Code kCodes[] = {
    {MLMON_E_FAILED, "MLMON_E_FAILED"},           {MLMON_E_INVALID, "MLMON_E_INVALID"},
    {MLMON_E_UNSUPPORTED, "MLMON_E_UNSUPPORTED"}, {MLMON_E_NOMEM, "MLMON_E_NOMEM"},
    {MLMON_E_CANCELLED, "MLMON_E_CANCELLED"},     {MLMON_E_NOT_FOUND, "MLMON_E_NOT_FOUND"}};

std::string meet(const Subject& subject, EventSupply& events, const Fault& fault) {
  return record_apart(subject,
                      [&] {
                        Manners manners;
                        manners.fault = fault;
                        ObserverTrial trial(subject.item->observer, subject.config, events,
                                            manners);
                        return Record{breach_of(trial.live(kAtOnce))};
                      })
      .failure;
}

Verdict errors(const Subject& subject) {
  EventSupply events(made_up_lines(kEvents));
  for (const Service service : kFallible) {
    for (const Code& code : kCodes) {
      for (const std::uint32_t call : {1u, 2u}) {
        const std::string wrong = meet(subject, events, {service, code.code, call});
        if (wrong.empty()) continue;
        return Verdict::failed(fmt::format("when call {} of {} answers {}: {}", call,
                                           name_of(service), code.name, wrong));
      }
    }
  }
  return Verdict::ok();
}

Verdict ended(const Subject& subject) {
  EventSupply events(made_up_lines(kEvents));
  const std::string wrong = meet(subject, events, {Service::kAct, MLMON_ENDED, 1});
  return Verdict::unless(wrong.empty() ? "" : "when act answers MLMON_ENDED: " + wrong);
}

Verdict cancelled(const Subject& subject) {
  EventSupply events(made_up_lines(kEvents));
  Manners manners;
  manners.cancelled = true;
  ObserverTrial trial(subject.item->observer, subject.config, events, manners);
  return Verdict::unless(breach_of(trial.live(kAtOnce)));
}

}  // namespace

std::vector<Check> service_checks() {
  using enum Check::About;
  std::vector<std::string> lives = needs_instance();
  lives.push_back("batches.ordinary");
  std::vector<std::string> safe = lives;
  safe.push_back("memory.bounds");
  safe.push_back("memory.lifetime");
  return {
      {"services.threads", "services are called on the threads that they are for", kObserver,
       nothing_noted<&ObserverTrial::wrong_thread>, lives},
      {"services.place", "services are called when they may be", kObserver,
       nothing_noted<&ObserverTrial::misuse>, lives},
      {"decisions.accepted", "mlmon takes what is decided and kept", kObserver,
       nothing_noted<&ObserverTrial::refusal>, lives},
      {"services.errors", "each service may fail", kObserver, errors, safe},
      {"services.ended", "act may say that the request has ended", kObserver, ended, safe},
      {"services.cancelled", "it goes on, or ends, when the process does", kObserver, cancelled,
       safe},
  };
}

}  // namespace mlmon
