#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/delivery/action_filter.h"
#include "core/delivery/router_host.h"
#include "core/run/assembly.h"

namespace mlmon {

/// A target or receiver with `type = "plugin"`: a library of the role delivery alone serves it.
struct GuestEndpoint {
  std::string pointer;  // to it, in the observer's own keys as they were
  std::string name;
  std::string plugin;   // as configured
  std::string own;      // the plugin's keys, JSON
  ActionFilter filter;
  EndpointTreatment treatment;
};

/// Those of an observer.
struct Guests {
  std::vector<GuestEndpoint> endpoints;
  bool nothing_else = false;    // the observer's own list is empty without them ...
  bool are_receivers = false;   // ... and it is one of receivers, not of targets
  bool queue_is_named = false;  // a target of the type queue stands beside them
  std::vector<std::pair<std::string, std::string>> fallbacks;  // of the observer's own endpoints, to one of these
};

/// Takes them out of the observer's own keys. What is wrong with the host's keys of one is told.
Guests take_guests(ObserverConfig& observer, std::vector<ConfigError>& errors);

/// Loads their plugins, checks their keys, and joins them to the observer's router. A plugin that fails is
/// the observer's failure.
void join_guests(AssembledObserver& observer, const Guests& guests, const PluginFolders& folders,
                 const std::string& host_version, std::vector<ConfigError>& errors, LogSink& log);

}  // namespace mlmon
