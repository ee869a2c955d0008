// mlmon/observer.hpp - an observer in C++17: derive from Observer, name the class in MLMON_PLUGIN.
//
// A header-only wrapper over the C ABI. It needs the standard library only, throws nothing across
// the border and exports nothing: all of it is hidden in an inline namespace, so that plugins built
// with different versions of it live in one process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "batch.hpp"
#include "host.hpp"
#include "observer.h"
#include "plugin.hpp"
#include "text.hpp"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

using ObserverHost = Host<mlmon_observer_host, mlmon_observer_services>;
using Setup = BasicSetup<ObserverHost>;

/// A model (one deployment) for people; the text is valid until the observer is destroyed.
struct Model {
  std::string_view name, version;
  std::string_view deployed_at;  // RFC 3339, UTC
};

/// Sees every event in order and decides. No I/O, no clock but event time, no randomness. Derive,
/// give it a constructor from Setup& (it may throw), and name it in MLMON_PLUGIN. All of it runs
/// on one thread, never two calls at once. An exception out of it ends this observer, not mlmon.
class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  virtual void on_batch(const Batch& batch) = 0;
  virtual void finish() {}  // the input has ended

 protected:  // the host's services: not in the constructor
  /// Decides: the event is the cause. True: the very same was decided in an earlier run, and what it asked
  /// for has ended since. Throws host_error, which is to pass through.
  bool act(const Event& event, std::string_view type, std::string_view rule,
           const Fields& fields) const {
    return act(event, type, rule, {}, fields);
  }

  /// The same for a rule that has states: `transition` is the new one, e.g. "firing".
  bool act(const Event& event, std::string_view type, std::string_view rule,
           std::string_view transition, const Fields& fields) const {
    const mlmon_action action = {
        sizeof(mlmon_action), event.row(),  event.model(),      0,
        to_str(type),         to_str(rule), to_str(transition), to_str(fields.str())};
    const std::int32_t result = host_.services->act(host_.handle, &action);
    check(result);
    return result == MLMON_ENDED;
  }

  /// The id of the action that act() took last; valid until the next one.
  std::string_view last_action_id() const {
    mlmon_str id = {};
    check(host_.services->last_action_id(host_.handle, &id));
    return to_view(id);
  }

  /// What is kept of a model (0: of none) under a key, over restarts; a change is durable together with
  /// the events that it belongs to. The text is valid until the next of these calls.
  std::optional<std::string_view> kept(mlmon_model model, std::string_view key) const {
    mlmon_str value = {};
    const std::int32_t result =
        host_.services->state_get(host_.handle, model, to_str(key), &value);
    if (result == MLMON_E_NOT_FOUND) return std::nullopt;
    check(result);
    return to_view(value);
  }
  void keep(mlmon_model model, std::string_view key, std::string_view value) const {
    check(host_.services->state_put(host_.handle, model, to_str(key), to_str(value)));
  }
  void forget(mlmon_model model, std::string_view key) const {
    check(host_.services->state_delete(host_.handle, model, to_str(key)));
  }

  /// Tells what `of` (a type of action) was held back and why. Build fields only if explaining().
  void suppress(const Event& event, std::string_view of, std::string_view rule,
                std::string_view why, const Fields& fields = {}) const {
    const mlmon_suppression held = {sizeof(mlmon_suppression),
                                    event.row(),
                                    event.model(),
                                    0,
                                    to_str(of),
                                    to_str(rule),
                                    to_str(why),
                                    0,
                                    to_str(fields.str())};
    check(host_.services->suppress(host_.handle, &held));
  }

  bool explaining() const { return host_.services->explaining(host_.handle) != 0; }

  Model model(mlmon_model handle) const {
    mlmon_model_info info = {};
    info.size = sizeof info;
    check(host_.services->model_info(host_.handle, handle, &info));
    return {to_view(info.name), to_view(info.version), to_view(info.deployed_at)};
  }

  void log(std::int32_t level, std::string_view text) const { host_.log(level, text); }
  bool cancelled() const { return host_.cancelled(); }

 private:
  template <class T>
  friend struct ObserverRole;

  static void check(std::int32_t result) {
    if (result < 0) throw host_error(result);
  }

  ObserverHost host_;
};

/// The C ABI's table for the class T.
template <class T>
struct ObserverRole {
  static std::int32_t create(mlmon_observer_host* handle, const mlmon_observer_services* services,
                             mlmon_str config, mlmon_observer** out) noexcept {
    const ObserverHost host{handle, services};
    return guarded(host, [&] {
      Setup setup(host, config);
      std::unique_ptr<Observer> observer = std::make_unique<T>(setup);
      observer->host_ = host;
      *out = reinterpret_cast<mlmon_observer*>(observer.release());
      return MLMON_OK;
    });
  }

  static std::int32_t on_batch(mlmon_observer* opaque, const mlmon_batch* batch) noexcept {
    Observer& observer = from(opaque);
    return guarded(observer.host_, [&] { return observer.on_batch(Batch(*batch)), MLMON_OK; });
  }

  static std::int32_t finish(mlmon_observer* opaque) noexcept {
    Observer& observer = from(opaque);
    return guarded(observer.host_, [&] { return observer.finish(), MLMON_OK; });
  }

  static void destroy(mlmon_observer* opaque) noexcept { delete &from(opaque); }

  static Observer& from(mlmon_observer* opaque) { return *reinterpret_cast<Observer*>(opaque); }

  static constexpr mlmon_observer_role table = {
      sizeof(mlmon_observer_role), 0, create, on_batch, finish, destroy};
};

/// For MLMON_PLUGIN: the class T with the role of an observer. See ClassSpec for the texts.
template <class T>
constexpr ClassSpec observer_class(const char* id, const char* version, const char* summary,
                                   const char* schema = nullptr) {
  return {id, version, summary, schema, &ObserverRole<T>::table, nullptr, true, false};
}

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
