#include "core/run/deliveries.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::size_t kMostFailuresKept = 100;

// Behind an observer's name, in place of an endpoint's: no endpoint can be named so.
constexpr const char* kUnrouted = ".(route)";

/// A line that the host has made begins with the action's type.
bool is_request(std::string_view json) { return json.starts_with(R"({"action":"retrain",)"); }

}  // namespace

Deliveries::Deliveries(std::vector<PipelineObserver>& observers, OutboxStore& store, const Clock& clock,
                       LogSink& log, std::function<void()> wake)
    : observers_(observers), store_(store), clock_(clock), log_(log), wake_(std::move(wake)) {}

Result<void> Deliveries::start() {
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    Result<Endpoints> own = make_endpoints(i);
    if (!own) return own.error();
    endpoints_.push_back(std::move(*own));
    routers_.push_back(observers_[i].router);
  }
  // All of them are there by now: one that fails at once can hand over to its fallback.
  for (std::size_t i = 0; i < observers_.size(); ++i) begin(i);
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    if (const auto routed = route_waiting(i); !routed) return routed;
  }
  notify();
  return {};
}

Result<void> Deliveries::succeed(const Succession& succession) {
  std::vector<Endpoints> next(observers_.size());
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    const Succession::Origin& origin = succession.origins[i];
    if (origin.goes_on) next[i] = std::exchange(endpoints_[*origin.before], {});
  }
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    if (endpoints_[i].empty()) continue;
    for (const RunEndpoint& endpoint : endpoints_[i]) {
      if (endpoint.host) endpoint.host->ask_to_end();
    }
    leaving_.push_back({std::move(routers_[i]), std::move(endpoints_[i])});
  }
  endpoints_ = std::move(next);
  routers_.clear();
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    routers_.push_back(observers_[i].router);
    if (succession.origins[i].goes_on) continue;
    Result<Endpoints> own = make_endpoints(i);
    if (!own) return own.error();
    endpoints_[i] = std::move(*own);
    if (const auto routed = route_waiting(i); !routed) return routed;
    begin(i);
  }
  step();
  notify();
  return {};
}

/// Of the observers in force.
template <class Do>
void Deliveries::at_each(const Do& act) const {
  for (const Endpoints& endpoints : endpoints_) {
    for (const RunEndpoint& endpoint : endpoints) {
      if (endpoint.host) act(*endpoint.host);
    }
  }
}

bool Deliveries::step() {
  at_each([](EndpointHost& endpoint) { endpoint.tell_if_overdue(); });
  if (leaving_.empty()) return false;  // then all have begun
  bool moved = take_leave();
  for (std::size_t i = 0; i < endpoints_.size(); ++i) moved |= begin(i);
  if (moved) notify();
  return moved;
}

/// Starts those of an observer that have not begun; false: none. One that takes the place of another waits: two
/// would deliver the same action twice.
bool Deliveries::begin(std::size_t observer) {
  bool begun = false;
  for (RunEndpoint& endpoint : endpoints_[observer]) {
    if (!endpoint.host || endpoint.begun || is_still_at_work(endpoint.number)) continue;
    endpoint.begun = begun = true;
    if (const auto started = endpoint.host->start(); !started) {
      log_.log(LogLevel::kError, routers_[observer]->observer(), started.error().text);
    }
    endpoint.host->notify();
  }
  return begun;
}

bool Deliveries::is_still_at_work(std::uint32_t number) const {
  for (const Leaving& leaving : leaving_) {
    for (const RunEndpoint& endpoint : leaving.endpoints) {
      if (endpoint.host && endpoint.number == number) return true;
    }
  }
  return false;
}

bool Deliveries::Leaving::ended() const {
  return std::all_of(endpoints.begin(), endpoints.end(), [](const RunEndpoint& endpoint) {
    return !endpoint.host || endpoint.host->ended();
  });
}

/// False: nobody has left.
bool Deliveries::take_leave() {
  const auto left = std::stable_partition(leaving_.begin(), leaving_.end(),
                                          [](const Leaving& leaving) { return !leaving.ended(); });
  if (left == leaving_.end()) return false;
  for (auto at = left; at != leaving_.end(); ++at) end(at->endpoints, INT64_MAX);
  leaving_.erase(left, leaving_.end());
  return true;
}

Result<Deliveries::Endpoints> Deliveries::make_endpoints(std::size_t observer) const {
  Endpoints own;
  const RouterHost* const router = observers_[observer].router.get();
  if (router == nullptr) return own;
  const auto count = static_cast<std::uint32_t>(router->endpoints().size());
  for (std::uint32_t index = 0; index < count; ++index) {
    Result<RunEndpoint> endpoint = make_endpoint(*router, index);
    if (!endpoint) return endpoint.error();
    own.push_back(std::move(*endpoint));
  }
  join_fallbacks(*router, own);
  return own;
}

/// What an earlier run could not route: its router may have come to its senses.
Result<void> Deliveries::route_waiting(std::size_t observer) {
  constexpr std::size_t kAtOnce = 256;
  RouterHost* router = observers_[observer].router.get();
  if (router == nullptr) return {};
  const Result<std::uint32_t> number = store_.endpoint_number(router->observer() + kUnrouted);
  if (!number) return number.error();
  for (;;) {
    const auto waiting = store_.due(*number, INT64_MAX, kAtOnce);
    if (!waiting || waiting->empty()) return waiting ? Result<void>() : waiting.error();
    for (const OutboxItem& item : *waiting) {
      const Route route = route_to(observer, item.id, item.json);
      if (route.failed) return {};  // the others would fare no better
      if (const auto done = store_.reroute(item.row, route.endpoints, route.queue); !done) return done;
    }
  }
}

Result<Deliveries::RunEndpoint> Deliveries::make_endpoint(const RouterHost& router,
                                                          std::uint32_t index) const {
  RunEndpoint endpoint;
  const Endpoint& named = router.endpoints()[index];
  if (named.queue) return endpoint;
  const Result<std::uint32_t> number = store_.endpoint_number(router.observer() + "." + named.name);
  if (!number) return number.error();
  endpoint.number = *number;
  endpoint.host = std::make_unique<EndpointHost>(router, index, *number, store_, clock_, log_, wake_);
  return endpoint;
}

void Deliveries::join_fallbacks(const RouterHost& router, const Endpoints& own) {
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
  if (!observers_[observer].router) {
    route.queue = is_request(decision.json);
    return route;
  }
  route = route_to(observer, decision.id, decision.json);
  if (!route.failed) return route;
  // It waits, and the next run asks again.
  const auto number = store_.endpoint_number(observers_[observer].router->observer() + kUnrouted);
  if (!number) return route;
  route.failed = false;
  route.endpoints = {*number};
  return route;
}

Deliveries::Route Deliveries::route_to(std::size_t observer, std::string_view id, std::string_view json) {
  Route route;
  RouterHost* router = observers_[observer].router.get();
  const Result<std::vector<std::uint32_t>> indices = router->route(id, json);
  if (!indices) {
    note(indices.error().in(router->observer() + ": route").text);
    route.failed = true;
    return route;
  }
  for (const std::uint32_t index : *indices) {
    const RunEndpoint& endpoint = endpoints_[observer][index];
    if (endpoint.host) {
      route.endpoints.push_back(endpoint.number);
      route.grouping.push_back(grouping_of(router->endpoints()[index], json));
    } else {
      route.queue = true;
    }
  }
  // Nobody would ever see a request that no target takes.
  if (is_request(json) && route.endpoints.empty()) route.queue = true;
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

std::int64_t Deliveries::now_ms() const { return clock_.now_ns() / kNsPerMs; }

Grouping Deliveries::grouping_of(const Endpoint& endpoint, std::string_view action) const {
  Grouping grouping;
  grouping.alone = !endpoint.forms_messages();
  if (endpoint.forms_messages()) grouping.group = endpoint.group_by.of(action);
  if (endpoint.group_wait_ms > 0) {
    grouping.from_ms = now_ms() + endpoint.group_wait_ms;
  }
  return grouping;
}

void Deliveries::close_groups() {
  at_each([](EndpointHost& endpoint) { endpoint.close_groups(); });
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
  if (!known && failures_.size() < kMostFailuresKept) failures_.push_back(failure);
}

void Deliveries::wait_for_rounds() const {
  constexpr std::int64_t kMostNs = 5 * kNsPerSecond;
  const auto in_round = [](const RunEndpoint& endpoint) { return endpoint.host && endpoint.host->in_round(); };
  const auto any = [&](const Endpoints& endpoints) { return std::any_of(endpoints.begin(), endpoints.end(), in_round); };
  const std::int64_t until = clock_.monotonic_ns() + kMostNs;
  while (std::any_of(endpoints_.begin(), endpoints_.end(), any) && clock_.monotonic_ns() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<void> Deliveries::look_again() {
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    if (const auto routed = route_waiting(i); !routed) return routed;
  }
  at_each([](EndpointHost& endpoint) { endpoint.renew_soon(); });
  notify();
  return {};
}

void Deliveries::look_again_at_all() {
  at_each([](EndpointHost& endpoint) { endpoint.look_again(); });
}

void Deliveries::notify() {
  at_each([](EndpointHost& endpoint) { endpoint.notify(); });
}

bool Deliveries::drained() const {
  for (const auto& endpoints : endpoints_) {
    for (const RunEndpoint& endpoint : endpoints) {
      if (endpoint.host && !endpoint.host->idle()) return false;
    }
  }
  return true;
}

void Deliveries::stop(std::int64_t until_ns) {
  std::vector<Endpoints*> all;
  for (Endpoints& endpoints : endpoints_) all.push_back(&endpoints);
  for (Leaving& leaving : leaving_) all.push_back(&leaving.endpoints);
  for (const Endpoints* endpoints : all) {
    for (const RunEndpoint& endpoint : *endpoints) {
      if (endpoint.host) endpoint.host->ask_to_stop();
    }
  }
  for (Endpoints* endpoints : all) end(*endpoints, until_ns);
}

void Deliveries::end(Endpoints& endpoints, std::int64_t until_ns) {
  for (RunEndpoint& endpoint : endpoints) {
    if (!endpoint.host) continue;
    const bool stopped = endpoint.host->stop(until_ns);
    if (!endpoint.host->failure().empty()) note(endpoint.host->failure());
    if (stopped) continue;
    // Its thread is in the plugin still, and has it as its own.
    [[maybe_unused]] const EndpointHost* abandoned = endpoint.host.release();
    abandoned_ = true;
  }
}

}  // namespace mlmon
