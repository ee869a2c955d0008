#include "cli/subcommand.h"

namespace mlmon {

Answer usage_error(const std::string& command, const std::string& text) {
  const std::string program = command.empty() ? "mlmon" : "mlmon " + command;
  return {"error: " + text + "\ntry " + program + " --help\n", kExitUsage};
}

Result<void> take_none(const std::vector<std::string>& rest) {
  if (!rest.empty()) return Error{"unexpected argument " + typed(rest[0])};
  return {};
}

void add_state(Flags& flags, StateOptions& place) {
  flags.text("-c,--config", place.config);
  flags.texts("--set", place.sets);
  flags.text("--state", place.state);
}

Invocation parse_command(const std::string& within, const std::vector<Command>& commands,
                         const std::vector<std::string>& arguments) {
  if (arguments.empty()) return Answer{std::string(help_text(within)), kExitUsage};
  const std::string& first = arguments[0];
  if (first == "-h" || first == "--help" || first == "help") return Answer{std::string(help_text(within)), kExitDone};
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (first == command.name) return command.parse({arguments.begin() + 1, arguments.end()});
    names.push_back(command.name);
  }
  if (looks_like_flag(first)) {
    return usage_error(within, "expected a command before the flag " + typed(first));
  }
  return usage_error(within, "unknown command " + typed(first) + did_you_mean(first, names));
}

}  // namespace mlmon
