#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/delivery/action_filter.h"
#include "core/delivery/group_key.h"
#include "core/delivery/secret_texts.h"
#include "core/log_sink.h"
#include "core/plugin/plugin_library.h"
#include "core/result.h"

namespace mlmon {

/// One target or receiver that a configuration names.
struct Endpoint {
  std::string name;
  bool queue = false;  // the embedded model registry: the host delivers it itself
  std::int64_t timeout_ms = 0;
  std::int64_t retry_initial_ms = 0, retry_max_ms = 0, retry_give_up_ms = 0;
  std::int64_t rate_limit = 0, rate_period_ms = 0;  // actions in any such span; 0: no limit
  std::int64_t poll_ms = 0;  // it is asked so often what became of a retraining; 0: never
  bool groups = false;       // tells several actions in one message, with one outcome
  bool wants_began = false;  // wants the action that each alert began with
  GroupKey group_by{};
  std::int64_t group_wait_ms = 0;
  std::int64_t most_at_once = 0;  // actions in one message; 0: as we like
  std::int64_t renew_ms = 0;      // what still fires is told again after so long; 0: it is not
  std::string fallback{};         // the endpoint that gets what this one failed for good; empty: none

  /// Its messages are put together before the first try, and stay as they are.
  bool forms_messages() const { return group_by.any() || (groups && rate_limit > 0); }
};

/// How the host is to treat endpoints, where a person said so.
struct EndpointTreatment {
  std::optional<std::int64_t> timeout_ms, retry_initial_ms, retry_max_ms, retry_give_up_ms, rate_limit, rate_period_ms;
  std::optional<GroupKey> group_by;  // such actions are handed over in one call, each with an outcome of its own
  std::optional<std::int64_t> group_wait_ms;
  std::optional<std::string> fallback;
};

/// The pure half of a delivering class: which endpoints there are, and which of them get an action.
/// Belongs to one thread.
class RouterHost {
 public:
  /// `observer`: the instance's name. The error is the plugin's; `bad_config`: it is about the
  /// configuration, and its text begins with the key's path.
  static Result<std::unique_ptr<RouterHost>> create(std::string observer,
                                                    std::shared_ptr<const PluginLibrary> library,
                                                    std::string config, LogSink& log,
                                                    bool& bad_config);
  ~RouterHost();

  /// Endpoints of other plugins will join. `alone`: the plugin's own are not used beside them. `queue_gives_way`:
  /// what a guest takes does not go to the queue as well.
  void expect_guests(bool alone, bool queue_gives_way);

  /// The endpoints of `guest` join those here, as `name` (of several NAME.ENDPOINT), for the actions that the
  /// filter lets through. The error: a name is there already.
  Result<void> add_guest(std::unique_ptr<RouterHost> guest, const std::string& name, ActionFilter filter,
                         const EndpointTreatment& treatment);

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }

  /// The endpoint of that name hands to another what it failed for good.
  void set_fallback(std::string_view name, const std::string& fallback);

  /// Whose an endpoint is: the router that made it, and its index there.
  std::pair<const RouterHost*, std::uint32_t> owner_of(std::uint32_t index) const;

  /// Indices of the endpoints that get the action.
  Result<std::vector<std::uint32_t>> route(std::string_view id, std::string_view json);

  /// What the endpoint would do for the action, in lines for people; empty: the plugin does not say.
  Result<std::string> describe(std::uint32_t index, std::string_view id, std::string_view json);

  /// Keeps these out of what the plugin says.
  void hide(SecretTexts secrets) { secrets_ = std::move(secrets); }
  const SecretTexts& secrets() const { return secrets_; }

  const std::string& observer() const { return observer_; }
  const std::shared_ptr<const PluginLibrary>& library() const { return library_; }
  const std::string& config() const { return config_; }

 private:
  RouterHost(std::string observer, std::shared_ptr<const PluginLibrary> library,
             std::string config, LogSink& log);
  Result<void> make(bool& bad_config);
  Result<std::vector<std::uint32_t>> route_own(std::string_view id, std::string_view json);
  const mlmon_delivery_role& role() const;

  const std::string observer_;
  const std::shared_ptr<const PluginLibrary> library_;
  const std::string config_;
  const std::unique_ptr<mlmon_delivery_host> host_;  // what the plugin knows this host by
  mlmon_router* router_ = nullptr;
  std::vector<Endpoint> endpoints_;
  SecretTexts secrets_;

  struct Guest {
    std::unique_ptr<RouterHost> router;
    ActionFilter filter;
    std::uint32_t first;  // index of its first endpoint here
  };
  std::vector<Guest> guests_;
  bool alone_ = false, queue_gives_way_ = false;
};

}  // namespace mlmon
