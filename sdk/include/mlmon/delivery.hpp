// mlmon/delivery.hpp - the role that acts in the outside world, in C++17.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "delivery.h"
#include "host.hpp"
#include "json.hpp"
#include "plugin.hpp"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

using DeliveryHost = Host<mlmon_delivery_host, mlmon_delivery_services>;
using DeliverySetup = BasicSetup<DeliveryHost>;

/// One target or receiver and how the host is to treat it.
struct EndpointSpec {
  std::string name;         // unique in the instance
  std::uint32_t flags = 0;  // MLMON_ENDPOINT_*
  std::int64_t timeout_ms = 30'000;
  std::int64_t retry_initial_ms = 1'000;
  std::int64_t retry_max_ms = 60'000;
  std::int64_t retry_give_up_ms = 86'400'000;
  std::int64_t rate_limit = 0;  // messages in any rate_period_ms; 0: no limit
  std::int64_t rate_period_ms = 0;
  std::int64_t poll_ms = 0;  // Endpoint::poll is asked so often; 0: never
  std::string group_by;  // members of the action, one a line; "*": all in one group; empty: none
  std::int64_t group_wait_ms = 0;
  std::int64_t most_at_once = 0;  // actions in one call; 0: as many as the host likes
  std::int64_t renew_ms = 0;      // what still fires comes again; 0: it does not
  std::string fallback;           // the endpoint that gets what failed for good; empty: none
};

/// An action that is to be routed or delivered. Valid during the call.
class Item {
 public:
  explicit Item(const mlmon_delivery_item& item) : item_(&item) {}

  std::string_view id() const { return to_view(item_->id); }      // the idempotency key
  std::string_view json() const { return to_view(item_->json); }  // one line, no newline
  std::uint32_t attempt() const { return item_->attempt; }        // from 1

  /// With MLMON_ENDPOINT_BEGAN: the action that the alert began with; empty: this one, or not known.
  std::string_view began() const {
    return MLMON_HAS(mlmon_delivery_item, item_, began) ? to_view(item_->began) : std::string_view();
  }
  Json read() const { return Json::parse(json()); }

 private:
  const mlmon_delivery_item* item_;
};

/// What became of one action.
struct Outcome {
  static Outcome delivered(std::string answer = {}) {
    return {MLMON_DELIVERED, -1, std::move(answer)};
  }
  static Outcome retry(std::string why, std::int64_t after_ms = -1) {
    return {MLMON_RETRY, after_ms, std::move(why)};
  }
  static Outcome dead(std::string why) { return {MLMON_DEAD, -1, std::move(why)}; }

  std::uint32_t status;
  std::int64_t retry_after_ms;  // -1: the receiver asked for nothing
  std::string text;             // why not, for people; of what was delivered: the answer, or nothing
};

/// How far the job is that a delivered action started.
struct JobReport {
  static JobReport open(std::string why = {}) { return {MLMON_JOB_OPEN, std::move(why)}; }
  static JobReport done(std::string note = {}) { return {MLMON_JOB_DONE, std::move(note)}; }
  static JobReport failed(std::string note) { return {MLMON_JOB_FAILED, std::move(note)}; }
  static JobReport cancelled(std::string note) { return {MLMON_JOB_CANCELLED, std::move(note)}; }

  std::uint32_t status;
  std::string text;  // of an end: a note for people; else why nobody can say, or empty
};

/// Says which endpoints there are and which of them get an action: pure functions of
/// configuration and action. Derive, give it a constructor from DeliverySetup&. One thread.
class Router {
 public:
  Router() = default;
  virtual ~Router() = default;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Always the same, in the same order.
  virtual std::vector<EndpointSpec> endpoints() const = 0;

  /// Their indices, ascending.
  virtual std::vector<std::uint32_t> route(const Item& item) const = 0;

  /// What the endpoint would do for an action, in lines for people and without secrets; empty: it
  /// cannot say.
  virtual std::string describe(const Item&, std::uint32_t /*endpoint*/) const { return {}; }

 private:
  template <class R, class E>
  friend struct DeliveryRole;
  DeliveryHost host_;
  std::string described_;  // keeps the text of the last call
};

/// Delivers to one endpoint. Derive, give it a constructor from (DeliverySetup&, uint32_t index).
/// A thread of its own; shares no memory with router, observer and other endpoints.
class Endpoint {
 public:
  Endpoint() : host_(host_in_creation()) {}
  virtual ~Endpoint() = default;
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  /// An exception is a retry with its text.
  virtual Outcome deliver(const Item& item) = 0;

  /// True for an endpoint with MLMON_ENDPOINT_GROUPS: deliver_group() is called.
  virtual bool groups() const { return false; }

  /// Several actions in one message.
  virtual Outcome deliver_group(const std::vector<Item>& items) {
    return items.size() == 1 ? deliver(items.front())
                             : Outcome::dead("this endpoint makes no messages of several actions");
  }

  /// Several actions at once, each by itself; gives as many outcomes, or fewer where the last is a retry: the others
  /// were not tried and wait. An exception is a retry of all.
  virtual std::vector<Outcome> deliver_each(const std::vector<Item>& items) {
    std::vector<Outcome> outcomes;
    for (const Item& item : items) {
      outcomes.push_back(guarded_outcome([&] { return deliver(item); }));
      if (outcomes.back().status == MLMON_RETRY) break;
    }
    return outcomes;
  }

  /// What became of a retraining that was delivered here. An exception is one that nobody can say.
  virtual JobReport poll(const Item&) { return JobReport::open(); }

 protected:  // in the constructor, too
  /// Text for the person at the terminal, without its last newline: on stderr, whole.
  void tell(std::string_view text) const { host_.services->tell(host_.handle, to_str(text)); }

  /// The same; false: stderr has not taken it. A host older than 1.2 cannot say.
  bool try_tell(std::string_view text) const {
    if (MLMON_HAS(mlmon_delivery_services, host_.services, try_tell)) {
      return host_.services->try_tell(host_.handle, to_str(text)) == MLMON_OK;
    }
    tell(text);
    return true;
  }
  void log(std::int32_t level, std::string_view text) const { host_.log(level, text); }
  bool cancelled() const { return host_.cancelled(); }

  /// One that fails must not make the host tell its siblings again.
  template <class Work>
  static Outcome guarded_outcome(const Work& work) {
    try {
      return work();
    } catch (const std::exception& error) {
      return Outcome::retry(error.what());
    } catch (...) {
      return Outcome::retry("an exception that is not a std::exception");
    }
  }

 private:
  template <class R, class E>
  friend struct DeliveryRole;

  /// That of the endpoint which this thread makes.
  static DeliveryHost& host_in_creation() {
    thread_local DeliveryHost host;
    return host;
  }

  DeliveryHost host_;
  std::vector<Outcome> outcomes_;  // keeps the texts of the last call
  JobReport report_{};             // likewise
};

/// The C ABI's table for router R and endpoint E; E is void where the host delivers to all
/// endpoints.
template <class R, class E>
struct DeliveryRole {
  static std::int32_t router_create(mlmon_delivery_host* handle,
                                    const mlmon_delivery_services* services, mlmon_str config,
                                    mlmon_router** out) noexcept {
    const DeliveryHost host{handle, services};
    return guarded(host, [&] {
      DeliverySetup setup(host, config);
      std::unique_ptr<Router> router = std::make_unique<R>(setup);
      router->host_ = host;
      *out = reinterpret_cast<mlmon_router*>(router.release());
      return MLMON_OK;
    });
  }

  static std::int32_t endpoints(mlmon_router* opaque) noexcept {
    const Router& router = from(opaque);
    const DeliveryHost& host = router.host_;
    return guarded(host, [&] {
      for (const EndpointSpec& spec : router.endpoints()) {
        const mlmon_endpoint endpoint = {
            sizeof(mlmon_endpoint), spec.flags,        to_str(spec.name),    spec.timeout_ms,
            spec.retry_initial_ms,  spec.retry_max_ms, spec.retry_give_up_ms,
            spec.rate_limit,        spec.rate_period_ms, spec.poll_ms,
            to_str(spec.group_by),  spec.group_wait_ms,  spec.most_at_once,
            spec.renew_ms,          to_str(spec.fallback)};
        const std::int32_t result = host.services->add_endpoint(host.handle, &endpoint);
        if (result < 0) throw host_error(result);
      }
      return MLMON_OK;
    });
  }

  static std::int32_t route(mlmon_router* opaque, const mlmon_delivery_item* item,
                            std::uint32_t* indices, std::uint32_t room) noexcept {
    const Router& router = from(opaque);
    return guarded(router.host_, [&] {
      const std::vector<std::uint32_t> chosen = router.route(Item(*item));
      for (std::size_t i = 0; i < chosen.size() && i < room; ++i) indices[i] = chosen[i];
      return static_cast<std::int32_t>(chosen.size());
    });
  }

  static void router_destroy(mlmon_router* opaque) noexcept { delete &from(opaque); }

  static std::int32_t create(mlmon_delivery_host* handle, const mlmon_delivery_services* services,
                             mlmon_str config, std::uint32_t index, mlmon_delivery** out) noexcept {
    const DeliveryHost host{handle, services};
    return guarded(host, [&]() -> std::int32_t {
      if constexpr (std::is_void_v<E>) {
        (void)config, (void)index, (void)out;
        host.set_error("this class delivers nothing itself");
        return MLMON_E_UNSUPPORTED;
      } else {
        DeliverySetup setup(host, config);
        Endpoint::host_in_creation() = host;
        std::unique_ptr<Endpoint> endpoint = std::make_unique<E>(setup, index);
        *out = reinterpret_cast<mlmon_delivery*>(endpoint.release());
        return MLMON_OK;
      }
    });
  }

  static std::int32_t deliver(mlmon_delivery* opaque, const mlmon_delivery_item* items,
                              std::uint32_t n, mlmon_delivery_result* results) noexcept {
    Endpoint& endpoint = from(opaque);
    return guarded(endpoint.host_, [&] {
      std::vector<Item> all;
      for (std::uint32_t i = 0; i < n; ++i) all.emplace_back(items[i]);
      if (endpoint.groups()) {
        const auto tell = [&] { return endpoint.deliver_group(all); };
        endpoint.outcomes_.assign(n, Endpoint::guarded_outcome(tell));
      } else {
        endpoint.outcomes_ = endpoint.deliver_each(all);
        const bool tried_all = endpoint.outcomes_.empty() || endpoint.outcomes_.back().status != MLMON_RETRY;
        endpoint.outcomes_.resize(tried_all ? n : std::min<std::size_t>(n, endpoint.outcomes_.size()),
                                  Outcome::retry("no outcome was given"));
      }
      for (std::size_t i = 0; i < endpoint.outcomes_.size(); ++i) {
        const Outcome& outcome = endpoint.outcomes_[i];
        results[i] = {sizeof(mlmon_delivery_result), outcome.status, outcome.retry_after_ms,
                      to_str(outcome.text)};
      }
      return MLMON_OK;
    });
  }

  static void destroy(mlmon_delivery* opaque) noexcept { delete &from(opaque); }

  static std::int32_t describe(mlmon_router* opaque, const mlmon_delivery_item* item,
                               std::uint32_t endpoint, mlmon_str* out) noexcept {
    Router& router = from(opaque);
    return guarded(router.host_, [&] {
      router.described_ = router.describe(Item(*item), endpoint);
      *out = to_str(router.described_);
      return MLMON_OK;
    });
  }

  static std::int32_t poll(mlmon_delivery* opaque, const mlmon_delivery_item* item,
                           mlmon_job_report* report) noexcept {
    Endpoint& endpoint = from(opaque);
    return guarded(endpoint.host_, [&] {
      endpoint.report_ = endpoint.poll(Item(*item));
      *report = {sizeof(mlmon_job_report), endpoint.report_.status, to_str(endpoint.report_.text)};
      return MLMON_OK;
    });
  }

  static Router& from(mlmon_router* opaque) { return *reinterpret_cast<Router*>(opaque); }
  static Endpoint& from(mlmon_delivery* opaque) { return *reinterpret_cast<Endpoint*>(opaque); }

  static constexpr mlmon_delivery_role table = {sizeof(mlmon_delivery_role),
                                                0,
                                                router_create,
                                                endpoints,
                                                route,
                                                router_destroy,
                                                create,
                                                deliver,
                                                destroy,
                                                describe,
                                                poll};
};

/// For ClassSpec::with: `observer_class<O>(…).with(delivery<R, E>())`.
template <class R, class E = void>
constexpr const mlmon_delivery_role* delivery() {
  return &DeliveryRole<R, E>::table;
}

/// For MLMON_PLUGIN: a class that only delivers.
template <class R, class E = void>
constexpr ClassSpec delivery_class(const char* id, const char* version, const char* summary,
                                   const char* schema = nullptr) {
  return {id, version, summary, schema, nullptr, delivery<R, E>(), false, true};
}

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
