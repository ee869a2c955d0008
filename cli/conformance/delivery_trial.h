#pragma once

#include <mlmon/delivery.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/conformance/observer_trial.h"

namespace mlmon {

/// An endpoint as a router names it.
struct NamedEndpoint {
  std::string name;
  std::uint32_t flags = 0;
  std::int64_t timeout_ms = 0, retry_initial_ms = 0, retry_max_ms = 0, retry_give_up_ms = 0;
  std::int64_t rate_limit = 0, rate_period_ms = 0;

  friend bool operator==(const NamedEndpoint&, const NamedEndpoint&) = default;
};

/// The host's side of one router or one endpoint that is tried out. All functions belong to the
/// thread that makes it; services may be called by any.
class DeliverySide {
 public:
  explicit DeliverySide(bool cancelled = false);
  DeliverySide(const DeliverySide&) = delete;

  mlmon_delivery_host* handle();
  const mlmon_delivery_services* services() const;

  /// What a call came to: `callback` names it.
  CallResult judge(const std::string& callback, std::int32_t code);

  std::vector<NamedEndpoint> endpoints;
  bool naming = false;  // endpoints may be added
  std::string misuse;   // the first service that was called wrongly

 private:
  friend struct DeliverySideServices;

  const bool cancelled_;
  const std::thread::id owner_;
  std::mutex mutex_;
  std::string said_;
};

/// A router and the endpoints that it names.
class RouterTrial {
 public:
  RouterTrial(const mlmon_delivery_role& role, const std::string& config);
  ~RouterTrial();
  RouterTrial(const RouterTrial&) = delete;

  /// Makes the router and asks it for its endpoints.
  CallResult create();

  /// Asks again. `into`: those that it names now.
  CallResult name_again(std::vector<NamedEndpoint>& into);

  const std::vector<NamedEndpoint>& endpoints() const { return side_.endpoints; }
  const std::string& misuse() const { return side_.misuse; }

  /// Where the action goes, with room for `room` indices; `count` is how many there are.
  CallResult route(const std::string& action, std::uint32_t room,
                   std::vector<std::uint32_t>& indices, std::uint32_t& count);

 private:
  const mlmon_delivery_role& role_;
  const std::string config_;
  DeliverySide side_;
  mlmon_router* router_ = nullptr;
};

}  // namespace mlmon
