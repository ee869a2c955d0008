#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/config_environment.h"
#include "core/config/observer_config.h"

namespace mlmon {

/// What `mlmon run` does, as configured: the host's own keys checked, those of plugins left to
/// their schemas. Paths are as seen from the working folder.
struct Config {
  /// [input.kafka], but for what only librdkafka can check.
  struct Kafka {
    std::vector<std::string> brokers, topics;
    std::string group = "mlmon";
    bool from_latest = false;  // start = "latest"
    std::vector<std::pair<std::string, std::string>> properties;  // of librdkafka

    bool operator==(const Kafka&) const = default;
  };
  struct Input {
    bool any_version = false;              // version_scheme = "any"
    bool nan_is_null = false;              // nan = "null"
    bool lenient_times = false;            // times = "lenient"
    bool skip_late = false;                // late = "skip"
    std::int64_t max_ahead_ns = 0;         // max_ahead; 0: none
    std::vector<std::string> unwrap;       // JSON pointers
    bool skip_foreign = false;             // foreign = "skip"
    std::uint64_t max_line = 1024 * 1024;  // bytes
    std::vector<std::string> files;        // globs, or "-"
    Kafka kafka;

    bool operator==(const Input&) const = default;
  };
  struct State {
    std::string dir;  // empty: not configured
    std::string url;  // of PostgreSQL, in place of the folder; likewise
    std::int64_t retry_ns = 60'000'000'000;  // how long a connection that broke is tried again

    const std::string& place() const { return url.empty() ? dir : url; }
    bool operator==(const State&) const = default;
  };
  struct Bus {
    std::uint32_t capacity = 2048;                   // events queued per observer
    std::int64_t checkpoint_every_ns = 1'000'000'000;
  };

  /// A value of one of the host's keys as it was given.
  struct Given {
    std::string json;
    std::string place;  // "FILE:LINE", "--set KEY=VALUE"
    bool secret = false;
  };

  std::string file;  // empty: built-in defaults
  Input input;
  State state;
  Bus bus;
  std::vector<ObserverConfig> observers;  // in the order of the file, those that --set added last
  std::map<std::string, Given> given;     // by dotted key: "bus.capacity", "observers.alert.plugin"
};

/// Where a configuration comes from.
struct ConfigSources {
  std::optional<std::string> file;  // none: built-in defaults
  bool found_by_itself = false;     // by find_config(), not named by the user: its owner is checked
  std::vector<std::string> sets;    // KEY=VALUE each, the later wins
};

/// A configuration and all that is wrong with it (of broken TOML the first mistake), in the order of the
/// file, then of the sets. Strings that came from the environment or from secrets' files are in no error.
struct ConfigLoad {
  /// There if the file could be read and is TOML: what is right of it, so that the plugins' keys can be
  /// checked as well. Nothing may be run with it while there are errors.
  std::optional<Config> config;
  std::vector<ConfigError> errors;
};

/// Reads the file (at most 1 MiB), applies the sets, takes in variables and secrets, checks the
/// rest. Without any [observers.*] table in the file the observers are `retraining` and `alert`.
ConfigLoad load_config(const ConfigSources& sources, const ConfigEnvironment& environment);

}  // namespace mlmon
