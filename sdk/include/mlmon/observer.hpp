// mlmon/observer.hpp - an observer in C++17: derive from Observer, name the class in MLMON_PLUGIN.
//
// A header-only wrapper over the C ABI. It needs the standard library only, throws nothing across
// the border and exports nothing: all of it is hidden in an inline namespace, so that plugins built
// with different versions of it live in one process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "batch.hpp"
#include "field.hpp"
#include "host.hpp"
#include "observer.h"
#include "plugin.hpp"
#include "setup.hpp"
#include "text.hpp"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

/// A model (one deployment) for people; the text is valid until the observer is destroyed.
struct Model {
  std::string_view name, version;
  std::string_view deployed_at;    // RFC 3339, UTC
  std::int64_t deployed_s = 0;     // the same in seconds since 1970 ...
  std::uint32_t deployed_ns = 0;   // ... and nanoseconds of that second
};

/// Event time has moved to this multiple of the period that the observer asked for, or past it.
struct Tick {
  std::int64_t time_ns;  // since 1970
};

/// What something is decided about, and because of what: an event, or at a tick a model.
struct Cause {
  Cause(const Event& event) : row(event.row()), model(event.model()) {}
  Cause(const Event& event, mlmon_model about) : row(event.row()), model(about) {}
  Cause(const Tick&, mlmon_model about) : row(0), model(about) {}

  std::uint32_t row;
  mlmon_model model;
};

/// Sees every event in order and decides. No I/O, no clock but event time, no randomness. Derive,
/// give it a constructor from Setup& (it may throw), and name it in MLMON_PLUGIN. All of it runs
/// on one thread, never two calls at once. An exception out of it ends this observer, not mlmon.
class Observer {
 public:
  Observer() : host_(host_in_creation()) {}
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  virtual void on_batch(const Batch& batch) = 0;

  /// After Setup::tick_every; `act({tick, model}, …)` decides.
  virtual void on_tick(const Tick&) {}

  /// What is kept has the form of an older state_version: reads it with kept() and each_kept(), writes what
  /// it is now. False: cannot; then the observer does not start, and what it kept stays.
  virtual bool migrate(std::uint32_t /*from_version*/) { return false; }

  virtual void finish() {}  // the input has ended

  /// How its rules stand for a model, for people: the JSON object of "Saying why" in sdk/README.md, made of
  /// what is kept. Decides and keeps nothing. Empty: it does not say.
  virtual std::string explain(mlmon_model /*model*/) { return {}; }

 protected:  // the host's services. In a constructor kept(), each_kept(), log(), model() and explaining()
             // work; act(), suppress(), emit(), keep() and forget() are refused, which ends the observer
  /// Decides. True: the very same was decided in an earlier run, and what it asked for has ended since.
  /// Throws host_error, which is to pass through.
  bool act(const Cause& cause, std::string_view type, std::string_view rule,
           const Fields& fields) const {
    return act(cause, type, rule, {}, fields);
  }

  /// The same for a rule that has states: `transition` is the new one, e.g. "firing".
  bool act(const Cause& cause, std::string_view type, std::string_view rule,
           std::string_view transition, const Fields& fields) const {
    const mlmon_action action = {
        sizeof(mlmon_action), cause.row,    cause.model,        0,
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

  /// Tells what `of` (a type of action) was held back and why. Build fields only if explaining().
  void suppress(const Cause& cause, std::string_view of, std::string_view rule,
                std::string_view why, const Fields& fields = {}) const {
    suppress(cause, of, rule, why, std::nullopt, fields);
  }

  /// The same, with the event time from which on it is not held back.
  void suppress(const Cause& cause, std::string_view of, std::string_view rule,
                std::string_view why, std::optional<std::int64_t> until_ns,
                const Fields& fields = {}) const {
    const mlmon_suppression held = {sizeof(mlmon_suppression),
                                    cause.row,
                                    cause.model,
                                    until_ns ? 1u : 0u,
                                    to_str(of),
                                    to_str(rule),
                                    to_str(why),
                                    until_ns.value_or(0),
                                    to_str(fields.str())};
    check(host_.services->suppress(host_.handle, &held));
  }

  bool explaining() const { return host_.services->explaining(host_.handle) != 0; }

  /// Makes an event for the observers that stand behind this one. `type`: one of ClassSpec::emits.
  void emit(const Cause& cause, std::string_view type, const Fields& fields = {}) const {
    const mlmon_derived derived = {sizeof(mlmon_derived), cause.row,    cause.model, 0,
                                   to_str(type),          to_str(fields.str())};
    check(host_.services->emit(host_.handle, &derived));
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

  /// Calls visit(model, key, value) for all that is kept of a model (0: of none, MLMON_EVERY_MODEL: of all), in
  /// the order of name, version, deployed_at and key; visit may keep and forget. Needs a host of ABI 1.1.
  template <class Visit>
  void each_kept(mlmon_model model, Visit&& visit) const {
    if (!MLMON_HAS(mlmon_observer_services, host_.services, state_next)) {
      throw old_host_error("this mlmon is too old for the plugin: it needs ABI 1.1");
    }
    check(host_.services->state_scan(host_.handle, model));
    mlmon_state_item item = {};
    item.size = sizeof item;
    for (;;) {
      const std::int32_t result = host_.services->state_next(host_.handle, &item);
      if (result == MLMON_E_NOT_FOUND) return;
      check(result);
      visit(item.model, to_view(item.key), to_view(item.value));
    }
  }

  Model model(mlmon_model handle) const {
    mlmon_model_info info = {};
    info.size = sizeof info;
    check(host_.services->model_info(host_.handle, handle, &info));
    return {to_view(info.name), to_view(info.version), to_view(info.deployed_at), info.deployed_s,
            info.deployed_ns};
  }

  void log(std::int32_t level, std::string_view text) const { host_.log(level, text); }
  bool cancelled() const { return host_.cancelled(); }

 private:
  template <class T>
  friend struct ObserverRole;

  static void check(std::int32_t result) {
    if (result < 0) throw host_error(result);
  }

  /// That of the observer which this thread makes.
  static ObserverHost& host_in_creation() {
    thread_local ObserverHost host;
    return host;
  }

  ObserverHost host_;
  std::string explained_;  // what was lent to the host
};

/// The C ABI's table for the class T.
template <class T>
struct ObserverRole {
  static std::int32_t create(mlmon_observer_host* handle, const mlmon_observer_services* services,
                             mlmon_str config, mlmon_observer** out) noexcept {
    const ObserverHost host{handle, services};
    return guarded(host, [&] {
      Setup setup(host, config);
      Observer::host_in_creation() = host;
      std::unique_ptr<Observer> observer = std::make_unique<T>(setup);
      *out = reinterpret_cast<mlmon_observer*>(observer.release());
      return MLMON_OK;
    });
  }

  static std::int32_t on_batch(mlmon_observer* opaque, const mlmon_batch* batch) noexcept {
    Observer& observer = from(opaque);
    return guarded(observer.host_, [&] { return observer.on_batch(Batch(*batch)), MLMON_OK; });
  }

  static std::int32_t on_tick(mlmon_observer* opaque, const mlmon_tick* tick) noexcept {
    Observer& observer = from(opaque);
    return guarded(observer.host_,
                   [&] { return observer.on_tick(Tick{tick->time_ns}), MLMON_OK; });
  }

  static std::int32_t migrate(mlmon_observer* opaque, std::uint32_t from_version) noexcept {
    Observer& observer = from(opaque);
    return guarded(observer.host_, [&] {
      if (observer.migrate(from_version)) return MLMON_OK;
      observer.host_.set_error("state of version " + std::to_string(from_version) + " is of no use");
      return MLMON_E_UNSUPPORTED;
    });
  }

  static std::int32_t finish(mlmon_observer* opaque) noexcept {
    Observer& observer = from(opaque);
    return guarded(observer.host_, [&] { return observer.finish(), MLMON_OK; });
  }

  static std::int32_t explain(mlmon_observer* opaque, mlmon_model model, mlmon_str* json) noexcept {
    Observer& observer = from(opaque);
    return guarded(observer.host_, [&] {
      observer.explained_ = observer.explain(model);
      *json = to_str(observer.explained_);
      return MLMON_OK;
    });
  }

  static void destroy(mlmon_observer* opaque) noexcept { delete &from(opaque); }

  static Observer& from(mlmon_observer* opaque) { return *reinterpret_cast<Observer*>(opaque); }

  static constexpr mlmon_observer_role table = {
      sizeof(mlmon_observer_role), 0, create, on_batch, finish, destroy, on_tick, migrate, explain};
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
