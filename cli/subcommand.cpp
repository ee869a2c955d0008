#include "cli/subcommand.h"

#include <algorithm>
#include <sstream>

namespace mlmon {
namespace {

/// The flags that a page of help names.
std::vector<std::string> flags_in(std::string_view help) {
  std::vector<std::string> flags;
  for (std::size_t at = help.find(" --"); at != std::string_view::npos; at = help.find(" --", at + 1)) {
    const std::size_t end = help.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at + 1);
    flags.emplace_back(help.substr(at + 1, end - at - 1));
  }
  return flags;
}

/// All words of a command's name, "jobs list", were typed.
bool was_typed(const std::string& command, const std::vector<std::string>& arguments) {
  std::istringstream words(command);
  for (std::string word; words >> word;) {
    if (std::find(arguments.begin(), arguments.end(), word) == arguments.end()) return false;
  }
  return !command.empty();
}

/// A flag that stands before the command that it may belong to.
Answer misplaced(const std::string& within, const std::vector<std::string>& arguments) {
  const std::string flag = arguments[0].substr(0, arguments[0].find('='));
  std::vector<std::string> flags = {"--help"};
  if (within.empty()) flags.push_back("--version");
  for (const std::string& command : help_commands()) {
    if (!command.starts_with(within) || !was_typed(command.substr(within.size()), arguments)) continue;
    for (std::string& known : flags_in(help_text(command))) flags.push_back(std::move(known));
  }
  const bool known = std::find(flags.begin(), flags.end(), flag) != flags.end();
  const std::string meant = known ? "" : did_you_mean(flag, flags);
  if (!meant.empty()) return usage_error(within, "unknown flag " + typed(flag) + meant);
  return usage_error(within, "expected a command before the flag " + typed(flag));
}

}  // namespace

Answer usage_error(const std::string& command, const std::string& text) {
  const std::string program = command.empty() ? "mlmon" : "mlmon " + command;
  return {"error: " + text + "\ntry " + program + " --help\n", kExitUsage};
}

Result<void> take_none(const std::vector<std::string>& rest) {
  if (!rest.empty()) return Error{"unexpected argument " + typed(rest[0])};
  return {};
}

void add_state(Flags& flags, StateOptions& place) {
  flags.path("-c,--config", place.config);
  flags.texts("--set", place.sets);
  flags.path("--state", place.state);
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
  if (looks_like_flag(first)) return misplaced(within, arguments);
  return usage_error(within, "unknown command " + typed(first) + did_you_mean(first, names));
}

}  // namespace mlmon
