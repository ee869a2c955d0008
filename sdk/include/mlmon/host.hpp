// mlmon/host.hpp - the host as seen from C++, and the barrier that keeps exceptions inside the
// plugin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "abi.h"
#include "json.hpp"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

inline mlmon_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(mlmon_str text) { return {text.ptr, text.len}; }

/// A service of the host failed and the host has kept the text.
struct host_error : std::exception {
  explicit host_error(std::int32_t c) : code(c) {}
  const char* what() const noexcept override { return "the host refused"; }
  std::int32_t code;
};

/// The host is older than a service that is wanted.
struct old_host_error : host_error {
  explicit old_host_error(const char* needed) : host_error(MLMON_E_UNSUPPORTED), what_(needed) {}
  const char* what() const noexcept override { return what_; }

 private:
  const char* what_;
};

/// What both roles can ask of the host. Valid from create() until destroy() returns.
template <class Handle, class Services>
struct Host {
  Handle* handle = nullptr;
  const Services* services = nullptr;

  void log(std::int32_t level, std::string_view text) const {  // [any] MLMON_LOG_*
    services->log(handle, level, to_str(text));
  }
  void set_error(std::string_view text) const { services->set_error(handle, to_str(text)); }
  bool cancelled() const { return services->cancelled(handle) != 0; }  // [any]
};

/// What an object is made from, only valid in its constructor.
template <class HostT>
class BasicSetup {
 public:
  BasicSetup(const HostT& host, mlmon_str config)
      : host_(host), config_(Json::parse(to_view(config))) {}

  /// Valid against the class's schema, defaults filled in.
  const Json& config() const { return config_; }
  void log(std::int32_t level, std::string_view text) const { host_.log(level, text); }
  const HostT& host() const { return host_; }

 private:
  HostT host_;
  Json config_;
};

/// Runs `work`; an exception becomes a result, its text the host's.
template <class HostT, class Work>
std::int32_t guarded(const HostT& host, Work&& work) noexcept {
  try {
    return std::forward<Work>(work)();
  } catch (const old_host_error& error) {
    host.set_error(error.what());
    return error.code;
  } catch (const host_error& error) {
    return error.code;
  } catch (const config_error& error) {
    host.set_error(error.what());
    return MLMON_E_CONFIG;
  } catch (const std::bad_alloc&) {
    host.set_error("out of memory");
    return MLMON_E_NOMEM;
  } catch (const std::exception& error) {
    host.set_error(error.what());
    return MLMON_E_FAILED;
  } catch (...) {
    host.set_error("an exception that is no std::exception");
    return MLMON_E_FAILED;
  }
}

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
