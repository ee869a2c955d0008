#include "core/delivery/router_host.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/delivery/delivery_services.h"
#include "core/plugin/plugin_call.h"

namespace mlmon {

RouterHost::RouterHost(std::string observer, std::shared_ptr<const PluginLibrary> library,
                       std::string config, LogSink& log)
    : observer_(std::move(observer)),
      library_(std::move(library)),
      config_(std::move(config)),
      host_(new mlmon_delivery_host{observer_, log}) {}

RouterHost::~RouterHost() {
  if (router_ != nullptr) role().router_destroy(router_);
}

const mlmon_delivery_role& RouterHost::role() const { return library_->classes().front().delivery; }

Result<std::unique_ptr<RouterHost>> RouterHost::create(std::string observer,
                                                       std::shared_ptr<const PluginLibrary> library,
                                                       std::string config, LogSink& log,
                                                       bool& bad_config) {
  std::unique_ptr<RouterHost> host(
      new RouterHost(std::move(observer), std::move(library), std::move(config), log));
  if (const Result<void> made = host->make(bad_config); !made) return made.error();
  return host;
}

Result<void> RouterHost::make(bool& bad_config) {
  const PluginCall going_on(observer_, "router_create");
  std::int32_t code = role().router_create(host_.get(), &kDeliveryServices,
                                           {config_.data(), config_.size()}, &router_);
  bad_config = code == MLMON_E_CONFIG;
  if (code == MLMON_OK && router_ == nullptr) host_->refused = "router_create gave no router";
  if (code == MLMON_OK && host_->refused.empty()) {
    host_->endpoints = &endpoints_;
    code = role().endpoints(router_);
    host_->endpoints = nullptr;
    bad_config = bad_config || host_->bad_name;
  }
  if (code != MLMON_OK || !host_->refused.empty()) return Error{delivery_failure(*host_, code)};
  return {};
}

void RouterHost::expect_guests(bool alone, bool queue_gives_way) {
  alone_ = alone;
  queue_gives_way_ = queue_gives_way;
  if (alone) endpoints_.clear();
}

Result<void> RouterHost::add_guest(std::unique_ptr<RouterHost> guest, const std::string& name, ActionFilter filter,
                                   const EndpointTreatment& treatment) {
  const auto first = static_cast<std::uint32_t>(endpoints_.size());
  for (Endpoint endpoint : guest->endpoints()) {
    endpoint.name = guest->endpoints().size() == 1 ? name : name + "." + endpoint.name;
    const auto same = [&](const Endpoint& other) { return other.name == endpoint.name; };
    if (!is_endpoint_name(endpoint.name) || std::any_of(endpoints_.begin(), endpoints_.end(), same)) {
      return Error{"expected a name of its own of 1 to 100 letters, digits, _, . and -, got \"" + endpoint.name + "\""};
    }
    endpoint.timeout_ms = treatment.timeout_ms.value_or(endpoint.timeout_ms);
    endpoint.retry_initial_ms = treatment.retry_initial_ms.value_or(endpoint.retry_initial_ms);
    endpoint.retry_max_ms = treatment.retry_max_ms.value_or(endpoint.retry_max_ms);
    endpoint.retry_give_up_ms = treatment.retry_give_up_ms.value_or(endpoint.retry_give_up_ms);
    endpoint.rate_limit = treatment.rate_limit.value_or(endpoint.rate_limit);
    endpoint.rate_period_ms = treatment.rate_period_ms.value_or(endpoint.rate_period_ms);
    endpoint.group_by = treatment.group_by.value_or(endpoint.group_by);
    endpoint.group_wait_ms = treatment.group_wait_ms.value_or(endpoint.group_wait_ms);
    endpoint.fallback = treatment.fallback.value_or(endpoint.fallback);
    endpoints_.push_back(std::move(endpoint));
  }
  guests_.push_back({std::move(guest), std::move(filter), first});
  return {};
}

void RouterHost::set_fallback(std::string_view name, const std::string& fallback) {
  for (Endpoint& endpoint : endpoints_) {
    if (endpoint.name == name) endpoint.fallback = fallback;
  }
}

std::pair<const RouterHost*, std::uint32_t> RouterHost::owner_of(std::uint32_t index) const {
  for (auto guest = guests_.rbegin(); guest != guests_.rend(); ++guest) {
    if (index >= guest->first) return {guest->router.get(), index - guest->first};
  }
  return {this, index};
}

Result<std::vector<std::uint32_t>> RouterHost::route(std::string_view id, std::string_view json) {
  if (guests_.empty()) return route_own(id, json);
  std::vector<std::uint32_t> theirs;
  for (const Guest& guest : guests_) {
    if (!guest.filter.matches(json)) continue;
    const Result<std::vector<std::uint32_t>> indices = guest.router->route_own(id, json);
    if (!indices) return indices;
    for (const std::uint32_t index : *indices) theirs.push_back(guest.first + index);
  }
  if (alone_) return theirs;
  Result<std::vector<std::uint32_t>> all = route_own(id, json);
  if (!all) return all;
  if (queue_gives_way_ && !theirs.empty()) {
    std::erase_if(*all, [&](std::uint32_t index) { return endpoints_[index].queue; });
  }
  all->insert(all->end(), theirs.begin(), theirs.end());
  return all;
}

Result<std::vector<std::uint32_t>> RouterHost::route_own(std::string_view id, std::string_view json) {
  const mlmon_delivery_item item = {
      sizeof item, 0, {id.data(), id.size()}, {json.data(), json.size()}, {nullptr, 0}};
  const std::size_t own = guests_.empty() ? endpoints_.size() : guests_.front().first;
  std::vector<std::uint32_t> indices(own);
  host_->said.clear();
  const PluginCall going_on(observer_, "route");
  const std::int32_t found = role().route(router_, &item, indices.data(),
                                          static_cast<std::uint32_t>(indices.size()));
  if (found < 0) return Error{delivery_failure(*host_, found)};
  if (static_cast<std::size_t>(found) > indices.size()) {
    return Error{"it routes to endpoints that it did not name"};
  }
  indices.resize(static_cast<std::size_t>(found));
  for (const std::uint32_t index : indices) {
    if (index >= own) return Error{"it routes to an endpoint that it did not name"};
  }
  return indices;
}

Result<std::string> RouterHost::describe(std::uint32_t index, std::string_view id,
                                         std::string_view json) {
  if (role().describe == nullptr) return std::string();
  const mlmon_delivery_item item = {
      sizeof item, 1, {id.data(), id.size()}, {json.data(), json.size()}, {nullptr, 0}};
  mlmon_str text = {nullptr, 0};
  host_->said.clear();
  const std::int32_t code = role().describe(router_, &item, index, &text);
  if (code < 0) return Error{delivery_failure(*host_, code)};
  return secrets_.blank(std::string(text.ptr, text.len));
}

}  // namespace mlmon
