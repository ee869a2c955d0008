#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/options.h"

namespace mlmon {

/// What is wrong with a command line, with a hint to the command's help.
Answer usage_error(const std::string& command, const std::string& text);

/// `mlmon COMMAND` with the flags that were defined: the options, or the answer in their place.
template <class Options>
Invocation finish(const std::string& command, Flags& flags, Options& options,
                  const std::vector<std::string>& arguments,
                  const std::function<Result<void>(std::vector<std::string>)>& take_rest) {
  auto rest = flags.parse(arguments);
  if (!rest) return usage_error(command, rest.error().text);
  if (flags.help()) return Answer{std::string(help_text(command)), kExitDone};
  const auto taken = take_rest(std::move(*rest));
  if (!taken) return usage_error(command, taken.error().text);
  return std::move(options);
}

/// For a command that takes no arguments but flags.
Result<void> take_none(const std::vector<std::string>& rest);

struct Command {
  std::string name;
  std::function<Invocation(const std::vector<std::string>&)> parse;
};

/// One of several commands. `within`: "" or the command that they belong to.
Invocation parse_command(const std::string& within, const std::vector<Command>& commands,
                         const std::vector<std::string>& arguments);

/// `mlmon plugin check ...`.
Invocation parse_plugin_check(const std::vector<std::string>& arguments);

/// Adds the flags that find the state folder.
void add_state(Flags& flags, StateOptions& place);

/// `mlmon alerts ...`.
Invocation parse_alerts(const std::vector<std::string>& arguments);

/// `mlmon jobs ...` and `mlmon outbox ...`.
Invocation parse_jobs(const std::vector<std::string>& arguments);
Invocation parse_outbox(const std::vector<std::string>& arguments);

/// `mlmon state ...`.
Invocation parse_state(const std::vector<std::string>& arguments);

/// `mlmon status ...`, `mlmon models ...` and `mlmon why ...`.
Invocation parse_status(const std::vector<std::string>& arguments);
Invocation parse_why(const std::vector<std::string>& arguments);
Invocation parse_models(const std::vector<std::string>& arguments);

/// `mlmon config ...` and `mlmon completion ...`.
Invocation parse_config(const std::vector<std::string>& arguments);
Invocation parse_completion(const std::vector<std::string>& arguments);

/// `mlmon doctor ...` and `mlmon report ...`.
Invocation parse_doctor(const std::vector<std::string>& arguments);
Invocation parse_report(const std::vector<std::string>& arguments);

/// `mlmon emit ...`, `mlmon import ...` and `mlmon schema ...`.
Invocation parse_emit(const std::vector<std::string>& arguments);
Invocation parse_import(const std::vector<std::string>& arguments);
Invocation parse_schema(const std::vector<std::string>& arguments);

}  // namespace mlmon
