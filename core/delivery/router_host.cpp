#include "core/delivery/router_host.h"

#include <array>
#include <utility>

#include "core/delivery/delivery_services.h"

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
  std::int32_t code = role().router_create(host_.get(), &kDeliveryServices,
                                           {config_.data(), config_.size()}, &router_);
  bad_config = code == MLMON_E_CONFIG;
  if (code == MLMON_OK && router_ == nullptr) host_->refused = "router_create gave no router";
  if (code == MLMON_OK && host_->refused.empty()) {
    host_->endpoints = &endpoints_;
    code = role().endpoints(router_);
    host_->endpoints = nullptr;
  }
  if (code != MLMON_OK || !host_->refused.empty()) return Error{delivery_failure(*host_, code)};
  return {};
}

Result<std::vector<std::uint32_t>> RouterHost::route(std::string_view id, std::string_view json) {
  const mlmon_delivery_item item = {
      sizeof item, 0, {id.data(), id.size()}, {json.data(), json.size()}, {nullptr, 0}};
  std::vector<std::uint32_t> indices(endpoints_.size());
  host_->said.clear();
  const std::int32_t found = role().route(router_, &item, indices.data(),
                                          static_cast<std::uint32_t>(indices.size()));
  if (found < 0) return Error{delivery_failure(*host_, found)};
  if (static_cast<std::size_t>(found) > indices.size()) {
    return Error{"it routes to endpoints that it did not name"};
  }
  indices.resize(static_cast<std::size_t>(found));
  for (const std::uint32_t index : indices) {
    if (index >= endpoints_.size()) return Error{"it routes to an endpoint that it did not name"};
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
