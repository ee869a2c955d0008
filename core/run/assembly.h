#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/delivery/router_host.h"
#include "core/event/event_parser.h"
#include "core/plugin/plugin_library.h"
#include "core/plugin/plugin_path.h"

namespace mlmon {

/// A configured observer together with its plugin, ready to be started.
struct AssembledObserver {
  ObserverConfig config;
  std::string given;                             // its own keys as JSON, as they were given ...
  bool given_to_host = false;                    // ... and the host has taken some of them
  std::string path;                              // of the plugin's file
  std::string code;                              // tells whether that file has changed since
  std::shared_ptr<const PluginLibrary> library;  // null: it could not be loaded ...
  std::string failure;                           // ... because of this
  bool loaded = false;                           // its class is known, whatever failed later
  bool apart = false;                            // it observes in a process of its own
  std::string own;                    // its own keys as JSON, valid, defaults filled in
  std::set<std::string> secrets;      // JSON pointers into `own`
  std::vector<std::string> types;     // of events, those of its class or fewer
  std::shared_ptr<RouterHost> router;  // null: its class delivers nothing
};

/// What a configuration comes to once its plugins are found. With errors nothing may be run; a plugin that
/// is there but cannot be loaded is no error of the configuration: the others run without it.
struct Assembly {
  std::vector<AssembledObserver> observers;  // the enabled ones, in order
  std::vector<ConfigError> errors;
};

/// How a process of its own is started for a plugin.
struct ChildCommands {
  std::function<std::vector<std::string>(const std::string& path)> library;  // a .so
  std::function<std::vector<std::string>(const std::string& interpreter, const std::string& path)>
      python;  // a .py
};

/// What a plugin says is wrong with its configuration, a line each: `targets[0].url: needed` names the key.
std::vector<ConfigError> plugin_key_errors(const ObserverConfig& observer, const std::string& text);

/// Finds and loads the plugins, checks the observers' own keys against their schemas, and makes their
/// routers, which know of more that can be wrong with them.
Assembly assemble(const Config& config, const PluginFolders& folders,
                  const std::string& host_version, const ChildCommands& children, LogSink& log);

/// What the configuration says about lines. The clock must outlive the rules; without one events may be of any
/// time (max_ahead is left out).
EventRules event_rules(const Config::Input& input, const Clock* clock = nullptr);

}  // namespace mlmon
