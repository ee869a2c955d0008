#pragma once

#include <mlmon/observer.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cli/conformance/observer_trial.h"

namespace mlmon {

/// The services as an ObserverTrial gives them: its handle is the trial itself.
const mlmon_observer_services& trial_services();

/// One function for each of them. Each begins with a Call, which looks at who calls and when.
struct TrialServices {
  using Host = mlmon_observer_host;
  using Phase = ObserverTrial::Phase;
  enum class By { kAny, kInstance, kCreate, kDeciding, kChanging };

  /// Holds the trial while a service runs.
  class Call {
   public:
    Call(Host* host, Service service, By by);

    /// Something of what was passed in cannot be used.
    std::int32_t refuse(const std::string& why);

    ObserverTrial& trial;
    std::optional<std::int32_t> code;  // what to answer if the call is out of order, or is to fail

   private:
    std::string out_of_order(By by) const;
    void meet_fault();

    const std::lock_guard<std::mutex> lock_;
    const Service service_;
  };

  static std::string_view view(mlmon_str text) { return {text.ptr, text.len}; }

  static void log(Host* host, std::int32_t level, mlmon_str text);
  static void set_error(Host* host, mlmon_str text);
  static std::int32_t cancelled(Host* host);
  static std::int32_t model_info(Host* host, mlmon_model handle, mlmon_model_info* info);
  static std::int32_t explaining(Host* host);
  static std::int32_t kind_name(Host* host, std::uint32_t kind, mlmon_str* type);
  static std::int32_t count(Host* host, std::uint32_t counter, std::uint64_t more);

  // trial_wishes.cpp
  static std::int32_t project(Host* host, const mlmon_projection* wanted, std::uint32_t* column);
  static std::int32_t subscribe(Host* host, mlmon_str type, std::uint32_t* kind);
  static std::int32_t counter(Host* host, mlmon_str name, mlmon_str help, std::uint32_t* counter);
  static std::int32_t tick_every(Host* host, std::int64_t period_ns);

  // trial_decisions.cpp
  static std::int32_t act(Host* host, const mlmon_action* action);
  static std::int32_t suppress(Host* host, const mlmon_suppression* held);
  static std::int32_t emit(Host* host, const mlmon_derived* derived);
  static std::int32_t last_action_id(Host* host, mlmon_str* id);

  // trial_state.cpp
  static std::int32_t state_get(Host* host, mlmon_model model, mlmon_str key, mlmon_str* value);
  static std::int32_t state_put(Host* host, mlmon_model model, mlmon_str key, mlmon_str value);
  static std::int32_t state_delete(Host* host, mlmon_model model, mlmon_str key);
  static std::int32_t state_scan(Host* host, mlmon_model model);
  static std::int32_t state_next(Host* host, mlmon_state_item* item);

 private:
  static mlmon_str lend_model(ObserverTrial& trial, mlmon_model handle, std::size_t part,
                              std::string_view text);
  static std::int32_t change(Host* host, Service service, mlmon_model model, mlmon_str key,
                             std::optional<std::string> value);
  template <class Said>
  static std::string misplaced(const ObserverTrial& trial, const Said* said);
  static std::optional<std::int64_t> tick_of(const ObserverTrial& trial);
};

}  // namespace mlmon
