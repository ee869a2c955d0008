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
      Result<RunEndpoint> endpoint = start_endpoint(*observer.router, index);
      if (!endpoint) return endpoint.error();
      own.push_back(std::move(*endpoint));
    }
  }
  return {};
}

Result<Deliveries::RunEndpoint> Deliveries::start_endpoint(const RouterHost& router,
                                                           std::uint32_t index) {
  RunEndpoint endpoint;
  const Endpoint& named = router.endpoints()[index];
  if (named.queue) return endpoint;
  const Result<std::uint32_t> number = store_.endpoint_number(router.observer() + "." + named.name);
  if (!number) return number.error();
  endpoint.number = *number;
  endpoint.host = std::make_unique<EndpointHost>(router, index, *number, store_, clock_, log_, wake_);
  if (const auto started = endpoint.host->start(); !started) {
    log_.log(LogLevel::kError, router.observer(), started.error().text);
  }
  endpoint.host->notify();
  return endpoint;
}

Deliveries::Route Deliveries::route(std::size_t observer, const Decision& decision) {
  Route route;
  RouterHost* router = observers_[observer].router.get();
  const bool request = decision.type == "retrain";
  if (router == nullptr) {
    route.queue = request;
    return route;
  }
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
    } else {
      route.queue = true;
    }
  }
  // Nobody would ever see a request that no target takes.
  if (request && route.endpoints.empty()) route.queue = true;
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
