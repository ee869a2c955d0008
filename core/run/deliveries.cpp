#include "core/run/deliveries.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

namespace mlmon {
namespace {

constexpr std::size_t kMostFailures = 100;

}  // namespace

Deliveries::Deliveries(std::vector<PipelineObserver>& observers, OutboxStore& store, const Clock& clock,
                       LogSink& log, std::function<void()> wake)
    : observers_(observers), store_(store), clock_(clock), log_(log), wake_(std::move(wake)) {}

Result<void> Deliveries::start() {
  for (const PipelineObserver& observer : observers_) {
    std::vector<RunEndpoint>& own = endpoints_.emplace_back();
    if (!observer.router) continue;
    const auto count = static_cast<std::uint32_t>(observer.router->endpoints().size());
    for (std::uint32_t index = 0; index < count; ++index) {
      Result<RunEndpoint> endpoint = make_endpoint(*observer.router, index);
      if (!endpoint) return endpoint.error();
      own.push_back(std::move(*endpoint));
    }
    join_fallbacks(*observer.router, own);
  }
  // All of them are there by now: one that fails at once can hand over to its fallback.
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    for (const RunEndpoint& endpoint : endpoints_[i]) {
      if (!endpoint.host) continue;
      if (const auto started = endpoint.host->start(); !started) {
        log_.log(LogLevel::kError, observers_[i].router->observer(), started.error().text);
      }
      endpoint.host->notify();
    }
  }
  return {};
}

Result<Deliveries::RunEndpoint> Deliveries::make_endpoint(const RouterHost& router,
                                                          std::uint32_t index) {
  RunEndpoint endpoint;
  const Endpoint& named = router.endpoints()[index];
  if (named.queue) return endpoint;
  const Result<std::uint32_t> number = store_.endpoint_number(router.observer() + "." + named.name);
  if (!number) return number.error();
  endpoint.number = *number;
  endpoint.host = std::make_unique<EndpointHost>(router, index, *number, store_, clock_, log_, wake_);
  return endpoint;
}

void Deliveries::join_fallbacks(const RouterHost& router, const std::vector<RunEndpoint>& own) {
  const std::vector<Endpoint>& named = router.endpoints();
  for (std::size_t i = 0; i < own.size(); ++i) {
    for (std::size_t other = 0; other < own.size(); ++other) {
      if (!own[i].host || !own[other].host || named[i].fallback != named[other].name) continue;
      own[i].host->set_fallback(
          {own[other].number, [host = own[other].host.get()] { host->notify(); }});
    }
  }
}

Deliveries::Route Deliveries::route(std::size_t observer, const Decision& decision) {
  Route route;
  RouterHost* router = observers_[observer].router.get();
  if (router == nullptr) return route;
  const Result<std::vector<std::uint32_t>> indices = router->route(decision.id, decision.json);
  if (!indices) {
    note(indices.error().in(router->observer() + ": route").text);
    route.failed = true;
    return route;
  }
  for (const std::uint32_t index : *indices) {
    const RunEndpoint& endpoint = endpoints_[observer][index];
    if (endpoint.host) {
      route.endpoints.push_back(endpoint.number);
      route.grouping.push_back(grouping_of(router->endpoints()[index], decision.json));
    } else {
      route.queue = true;
    }
  }
  return route;
}

void Deliveries::describe(std::size_t observer, const Decision& decision) {
  RouterHost* router = observers_[observer].router.get();
  if (router == nullptr) return;
  const Result<std::vector<std::uint32_t>> indices = router->route(decision.id, decision.json);
  if (!indices) return note(indices.error().in(router->observer() + ": route").text);
  for (const std::uint32_t index : *indices) {
    const std::string origin = router->observer() + "." + router->endpoints()[index].name;
    const Result<std::string> text = router->describe(index, decision.id, decision.json);
    std::istringstream lines(text ? *text : text.error().text);
    for (std::string line; std::getline(lines, line);) log_.log(LogLevel::kInfo, origin, line);
  }
}

std::int64_t Deliveries::now_ms() const { return clock_.now_ns() / 1'000'000; }

Grouping Deliveries::grouping_of(const Endpoint& endpoint, const std::string& action) const {
  Grouping grouping;
  if (endpoint.groups) grouping.group = endpoint.group_by.of(action);
  if (endpoint.group_wait_ms > 0) {
    grouping.from_ms = now_ms() + endpoint.group_wait_ms;
  }
  return grouping;
}

void Deliveries::close_groups() {
  for (const auto& endpoints : endpoints_) {
    for (const RunEndpoint& endpoint : endpoints) {
      if (endpoint.host) endpoint.host->close_groups();
    }
  }
}

bool Deliveries::wants_record() const {
  return std::any_of(observers_.begin(), observers_.end(), [](const PipelineObserver& observer) {
    if (!observer.router) return false;
    const std::vector<Endpoint>& named = observer.router->endpoints();
    return std::any_of(named.begin(), named.end(),
                       [](const Endpoint& endpoint) { return endpoint.wants_began; });
  });
}

void Deliveries::note(const std::string& failure) {
  const bool known = std::find(failures_.begin(), failures_.end(), failure) != failures_.end();
  if (!known && failures_.size() < kMostFailures) failures_.push_back(failure);
}

void Deliveries::notify() {
  for (const auto& endpoints : endpoints_) {
    for (const RunEndpoint& endpoint : endpoints) {
      if (endpoint.host) endpoint.host->notify();
    }
  }
}

bool Deliveries::drained() const {
  for (const auto& endpoints : endpoints_) {
    for (const RunEndpoint& endpoint : endpoints) {
      if (endpoint.host && !endpoint.host->idle()) return false;
    }
  }
  return true;
}

void Deliveries::stop() {
  for (const auto& endpoints : endpoints_) {
    for (const RunEndpoint& endpoint : endpoints) {
      if (!endpoint.host) continue;
      endpoint.host->stop();
      if (!endpoint.host->failure().empty()) note(endpoint.host->failure());
    }
  }
}

}  // namespace mlmon
