#pragma once

#include <cstdint>
#include <mlmon/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "plugins/transport/sender.h"

namespace mlmon::transport {

/// A program that takes actions.
struct CommandSettings {
  std::vector<std::string> words;  // program, searched for in PATH, and arguments
  std::vector<std::pair<std::string, std::string>> env;
  std::int64_t timeout_ms = 30'000;
};

/// The keys command and env. Throws config_error.
CommandSettings read_command_settings(const Json& endpoint, std::int64_t timeout_ms);

/// Starts the program for each action, without a shell: the action as one line on its stdin,
/// MLMON_JOB_ID, MLMON_MODEL_NAME, MLMON_MODEL_VERSION and MLMON_REASON (of an alert, which has no
/// reason: its subject) in its environment. Exit code 0 is success, 75 (EX_TEMPFAIL) a retry, all
/// else a dead letter with what it wrote to stdout and stderr.
class Command final : public Sender {
 public:
  explicit Command(CommandSettings settings);
  Outcome send(const Item& item, const Cancelled& cancelled) override;

 private:
  const CommandSettings settings_;
};

}  // namespace mlmon::transport
