#include "cli/conformance/delivery_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace mlmon {

struct DeliverySideServices {
  static std::string_view view(mlmon_str text) { return {text.ptr, text.len}; }

  static DeliverySide& of(mlmon_delivery_host* host) {
    return *reinterpret_cast<DeliverySide*>(host);
  }

  /// False: the call is out of order, which is noted.
  static bool in_order(DeliverySide& side, const char* service, bool any_thread, bool right_time) {
    const bool right_thread = any_thread || std::this_thread::get_id() == side.owner_;
    if (right_thread && right_time) return true;
    if (side.misuse.empty()) {
      side.misuse = std::string(service) +
                    (right_thread ? " was called outside of endpoints"
                                  : " was called by another thread than the instance's");
    }
    return false;
  }

  static void log(mlmon_delivery_host*, std::int32_t, mlmon_str) {}

  static void set_error(mlmon_delivery_host* host, mlmon_str text) {
    DeliverySide& side = of(host);
    const std::lock_guard lock(side.mutex_);
    if (in_order(side, "set_error", false, true)) side.said_ = view(text);
  }

  static std::int32_t cancelled(mlmon_delivery_host* host) { return of(host).cancelled_ ? 1 : 0; }

  static std::int32_t add_endpoint(mlmon_delivery_host* host, const mlmon_endpoint* endpoint) {
    DeliverySide& side = of(host);
    const std::lock_guard lock(side.mutex_);
    if (!in_order(side, "add_endpoint", false, side.naming)) return MLMON_E_INVALID;
    if (endpoint == nullptr || !MLMON_HAS(mlmon_endpoint, endpoint, retry_give_up_ms)) {
      side.misuse = "add_endpoint was given an mlmon_endpoint without a size";
      return MLMON_E_INVALID;
    }
    const bool limited = MLMON_HAS(mlmon_endpoint, endpoint, rate_period_ms);
    side.endpoints.push_back(
        {std::string(view(endpoint->name)), endpoint->flags, endpoint->timeout_ms,
         endpoint->retry_initial_ms, endpoint->retry_max_ms, endpoint->retry_give_up_ms,
         limited ? endpoint->rate_limit : 0, limited ? endpoint->rate_period_ms : 0});
    return MLMON_OK;
  }

  static void tell(mlmon_delivery_host*, mlmon_str) {}
  static std::int32_t try_tell(mlmon_delivery_host*, mlmon_str) { return MLMON_OK; }

  static constexpr mlmon_delivery_services table = {sizeof(mlmon_delivery_services),
                                                    MLMON_ABI_MINOR,
                                                    log,
                                                    set_error,
                                                    cancelled,
                                                    add_endpoint,
                                                    tell,
                                                    try_tell};
};

DeliverySide::DeliverySide(bool cancelled)
    : cancelled_(cancelled), owner_(std::this_thread::get_id()) {}

mlmon_delivery_host* DeliverySide::handle() { return reinterpret_cast<mlmon_delivery_host*>(this); }

const mlmon_delivery_services* DeliverySide::services() const {
  return &DeliverySideServices::table;
}

CallResult DeliverySide::judge(const std::string& callback, std::int32_t code) {
  const std::lock_guard lock(mutex_);
  CallResult result;
  result.code = std::min(code, MLMON_OK);
  if (code < 0) {
    result.text = callback + " failed: " + said_;
    if (said_.empty()) {
      result.wrong =
          fmt::format("{} failed with code {} and without a text (set_error)", callback, code);
    }
  }
  said_.clear();
  if (result.wrong.empty()) result.wrong = misuse;
  return result;
}

RouterTrial::RouterTrial(const mlmon_delivery_role& role, const std::string& config)
    : role_(role), config_(config) {}

RouterTrial::~RouterTrial() {
  if (router_ != nullptr) role_.router_destroy(router_);
}

CallResult RouterTrial::create() {
  const std::vector<char> passing(config_.begin(), config_.end());
  CallResult result =
      side_.judge("router_create", role_.router_create(side_.handle(), side_.services(),
                                                       {passing.data(), passing.size()}, &router_));
  if (result.ok() && router_ == nullptr) result.wrong = "router_create gave no router";
  return result.ok() ? name_again(side_.endpoints) : result;
}

CallResult RouterTrial::name_again(std::vector<NamedEndpoint>& into) {
  std::vector<NamedEndpoint> before = std::exchange(side_.endpoints, {});
  side_.naming = true;
  CallResult result = side_.judge("endpoints", role_.endpoints(router_));
  side_.naming = false;
  std::vector<NamedEndpoint> now = std::exchange(side_.endpoints, std::move(before));
  into = std::move(now);
  return result;
}

CallResult RouterTrial::route(const std::string& action, std::uint32_t room,
                              std::vector<std::uint32_t>& indices, std::uint32_t& count) {
  const GuardedBlock text("an action's text", action, GuardedBlock::Flush::kEnd, "route");
  const std::string id = "01MADEUPMADEUPMADEUPMADEUP";
  const mlmon_delivery_item item = {
      sizeof item, 0, {id.data(), id.size()}, {text.data(), action.size()}, {nullptr, 0}};
  GuardedBlock written("the room for indices", std::string(room * sizeof(std::uint32_t), '\xff'),
                       GuardedBlock::Flush::kEnd, "route");
  auto* into = reinterpret_cast<std::uint32_t*>(written.open());
  const std::int32_t found = role_.route(router_, &item, into, room);
  count = static_cast<std::uint32_t>(std::max(found, 0));
  indices.assign(into, into + std::min(count, room));
  return side_.judge("route", found);
}

}  // namespace mlmon
