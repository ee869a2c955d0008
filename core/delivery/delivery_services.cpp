#include "core/delivery/delivery_services.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/plugin/abi_text.h"

namespace mlmon {
namespace {

void log(mlmon_delivery_host* host, std::int32_t level, mlmon_str text) {
  const int known = std::clamp(level, MLMON_LOG_DEBUG, MLMON_LOG_ERROR);
  host->log.log(static_cast<LogLevel>(known), host->origin, view(text));
}

void set_error(mlmon_delivery_host* host, mlmon_str text) { host->said = view(text); }

std::int32_t cancelled(mlmon_delivery_host* host) { return host->cancelled.load() ? 1 : 0; }

/// The members of 1.2.
void read_grouping(const mlmon_endpoint& from, Endpoint& endpoint) {
  endpoint.groups = (from.flags & MLMON_ENDPOINT_GROUPS) != 0;
  endpoint.wants_began = (from.flags & MLMON_ENDPOINT_BEGAN) != 0;
  endpoint.group_by = GroupKey(view(from.group_by));
  endpoint.group_wait_ms = from.group_wait_ms;
  endpoint.most_at_once = from.most_at_once;
  endpoint.renew_ms = from.renew_ms;
  endpoint.fallback = view(from.fallback);
}

std::int32_t add_endpoint(mlmon_delivery_host* host, const mlmon_endpoint* endpoint) {
  if (host->endpoints == nullptr || endpoint == nullptr ||
      !MLMON_HAS(mlmon_endpoint, endpoint, retry_give_up_ms) || endpoint->name.len == 0) {
    host->refused = "an endpoint outside of endpoints(), or without a name";
    return MLMON_E_INVALID;
  }
  if (!is_endpoint_name(view(endpoint->name))) {
    host->refused = fmt::format("expected a name of 1 to 100 letters, digits, _, . and -, got \"{}\"",
                                view(endpoint->name));
    host->bad_name = true;
    return MLMON_E_INVALID;
  }
  const auto same_name = [&](const Endpoint& other) { return other.name == view(endpoint->name); };
  if (std::any_of(host->endpoints->begin(), host->endpoints->end(), same_name)) {
    host->refused = fmt::format("two endpoints are named {}", view(endpoint->name));
    host->bad_name = true;
    return MLMON_E_INVALID;
  }
  const bool limited = MLMON_HAS(mlmon_endpoint, endpoint, rate_period_ms);
  const bool polled = MLMON_HAS(mlmon_endpoint, endpoint, poll_ms);
  host->endpoints->push_back({std::string(view(endpoint->name)),
                              (endpoint->flags & MLMON_ENDPOINT_QUEUE) != 0, endpoint->timeout_ms,
                              endpoint->retry_initial_ms, endpoint->retry_max_ms,
                              endpoint->retry_give_up_ms, limited ? endpoint->rate_limit : 0,
                              limited ? endpoint->rate_period_ms : 0,
                              polled ? std::max<std::int64_t>(endpoint->poll_ms, 0) : 0});
  if (MLMON_HAS(mlmon_endpoint, endpoint, fallback)) read_grouping(*endpoint, host->endpoints->back());
  return MLMON_OK;
}

void tell(mlmon_delivery_host* host, mlmon_str text) {
  constexpr std::size_t kMostBytes = 1024 * 1024;
  const std::lock_guard lock(host->telling);
  if (!host->gathers) {
    host->log.tell(std::string(view(text)));
    return;
  }
  ++host->tellings;
  host->gathered.emplace_back(view(text));
  host->gathered_bytes += text.len;
  if (host->gathered_bytes >= kMostBytes) write_gathered(*host);
}

std::int32_t try_tell(mlmon_delivery_host* host, mlmon_str text) {
  const std::lock_guard lock(host->telling);
  write_gathered(*host);
  return host->log.tell(std::string(view(text))) ? MLMON_OK : MLMON_E_FAILED;
}

}  // namespace

const mlmon_delivery_services kDeliveryServices = {
    sizeof(mlmon_delivery_services), MLMON_ABI_MINOR, log, set_error, cancelled, add_endpoint, tell, try_tell};

bool is_endpoint_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
         });
}

void write_gathered(mlmon_delivery_host& host) {
  if (host.gathered.empty()) return;
  host.untold |= !host.log.tell_all(host.gathered);
  host.gathered.clear();
  host.gathered_bytes = 0;
}

std::string delivery_failure(const mlmon_delivery_host& host, std::int32_t code) {
  if (!host.refused.empty()) return host.refused;
  return host.said.empty() ? fmt::format("error {}, without a text", code) : host.said;
}

}  // namespace mlmon
