#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/conformance/observer_checks.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kServiceEvents = 500;
constexpr std::uint32_t kServiceAtOnce = 20;

/// What the trial wrote down in a whole life.
template <std::string ObserverTrial::*noted>
Verdict nothing_noted(const Subject& subject) {
  EventSupply events(event_lines(subject, kServiceEvents), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events);
  trial.live(kServiceAtOnce);
  const bool of_decisions = noted == &ObserverTrial::refusal;
  std::string why = of_decisions && trial.refusal.empty() ? untried(trial, events) : "";
  return why.empty() ? Verdict::unless(trial.*noted) : not_tried(why);
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
                        ObserverTrial trial(*subject.item, subject.config, events, manners);
                        return Record{breach_of(trial.live(kServiceAtOnce))};
                      })
      .failure;
}

/// The services that may fail and that it calls.
std::vector<Service> called(const Subject& subject, EventSupply& events) {
  ObserverTrial trial(*subject.item, subject.config, events);
  trial.live(kServiceAtOnce);
  std::vector<Service> services;
  for (std::size_t i = 0; i < kServices; ++i) {
    const auto service = static_cast<Service>(i);
    if (trial.calls[i] > 0 && may_fail(service)) services.push_back(service);
  }
  return services;
}

Verdict errors(const Subject& subject) {
  EventSupply events(event_lines(subject, kServiceEvents), subject.types);
  std::string names;
  for (const Service service : called(subject, events)) {
    names += (names.empty() ? "" : ", ") + std::string(name_of(service));
    for (const Code& code : kCodes) {
      for (const std::uint32_t call : {1u, 2u}) {
        const std::string wrong = meet(subject, events, {service, code.code, call});
        if (wrong.empty()) continue;
        return Verdict::failed(fmt::format("when call {} of {} answers {}: {}", call,
                                           name_of(service), code.name, wrong));
      }
    }
  }
  return Verdict::ok(names);
}

Verdict hears_of_end(const Subject& subject) {
  EventSupply events(event_lines(subject, kServiceEvents), subject.types);
  const std::string wrong = meet(subject, events, {Service::kAct, MLMON_ENDED, 1});
  return Verdict::unless(wrong.empty() ? "" : "when act answers MLMON_ENDED: " + wrong);
}

Verdict goes_on_when_cancelled(const Subject& subject) {
  EventSupply events(event_lines(subject, kServiceEvents), subject.types);
  Manners manners;
  manners.cancelled = true;
  ObserverTrial trial(*subject.item, subject.config, events, manners);
  return Verdict::unless(breach_of(trial.live(kServiceAtOnce)));
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
      {"services.ended", "act may say that the request has ended", kObserver, hears_of_end, safe},
      {"services.cancelled", "it goes on, or ends, when the process does", kObserver, goes_on_when_cancelled,
       safe},
  };
}

}  // namespace mlmon
