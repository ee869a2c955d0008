#pragma once

#include <mlmon/plugin.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// One class of a plugin, copied into structs of the host's size: what an older plugin lacks is NULL.
struct PluginClass {
  mlmon_class about;
  mlmon_observer_role observer;  // size 0: the class has no such role
  mlmon_delivery_role delivery;  // likewise

  // As in mlmon_class; without `subscribes`: metrics, drift, job.
  std::vector<std::string> subscribes;
  std::vector<std::string> emits;

  /// `create` of the observer role, or what stands for it.
  std::function<std::int32_t(mlmon_observer_host*, const mlmon_observer_services*, mlmon_str config,
                             mlmon_observer** out)>
      make;

  bool observes() const { return observer.size != 0; }
  bool delivers() const { return delivery.size != 0; }
};

/// A plugin's shared library: loaded once and never unloaded (a library may have threads and
/// thread-locals that do not survive that).
class PluginLibrary {
 public:
  /// Loads `path`, asks its entry point and checks what it describes. The error says which of these
  /// failed, with the dynamic loader's or the plugin's own words.
  static Result<std::shared_ptr<const PluginLibrary>> load(const std::string& path,
                                                           const std::string& host_version);

  /// What stands for a library that is not loaded here. `texts` is what the classes point to.
  static std::shared_ptr<const PluginLibrary> of(std::string path, std::vector<PluginClass> classes,
                                                 std::shared_ptr<const void> texts);

  const std::string& path() const { return path_; }
  const std::vector<PluginClass>& classes() const { return classes_; }  // at least one
  std::string abi() const;                                              // "1.0"

 private:
  PluginLibrary() = default;
  std::string path_;
  std::uint16_t abi_minor_ = 0;
  std::vector<PluginClass> classes_;
  std::shared_ptr<const void> texts_;  // null: the library's own
};

}  // namespace mlmon
