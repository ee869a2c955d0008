#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command.h"
#include "cli/config_template.h"
#include "cli/effective_config.h"
#include "cli/exit_code.h"
#include "cli/standard_streams.h"
#include "cli/text_table.h"
#include "core/action/output.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

std::string json_line(const EffectiveValue& value) {
  Json line = {{"key", value.key}, {"value", Json::parse(value.json, nullptr, false)},
               {"from", value.from}};
  if (value.secret) line["secret"] = true;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

int show_config(const ConfigOptions& options, int out, Log& log) {
  const auto setup = set_up(options.place.config, options.place.sets, options.plugin_dirs, log);
  if (!setup) return kExitUsage;
  const SystemEnvironment environment;
  const Result<StatePlace> state =
      state_place(options.place.state, setup->config.state.place(), environment);
  if (!state && options.place.state) {
    log.log(LogLevel::kError, "", state.error().text);
    return kExitUsage;
  }
  TextTable table({"<key", "<value", "<from"});
  std::string lines;
  for (const EffectiveValue& value :
       effective_values(*setup, state ? *state : StatePlace{"", "default"})) {
    lines += json_line(value);
    table.add({printable(value.key), value.secret ? "***" : printable(value.json),
               printable(value.from)});
  }
  const std::string text = options.json ? lines : table.text("key", TextTable::kAllRows, table_width(out));
  return write_stdout(text, out) ? kExitDone : kExitFailed;
}

/// A new file; one that is there is left as it is.
Result<void> write_new(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) {
    return Error{path + ": " +
                 (errno == EEXIST ? "is there already, it was left as it is" : std::strerror(errno))};
  }
  Result<void> written = FdOutput(fd, path).write(text);
  if (::close(fd) != 0 && written) written = Error{path + ": " + std::strerror(errno)};
  if (!written) ::unlink(path.c_str());
  return written;
}

int init(const ConfigOptions& options, int out, Log& log) {
  const Config defaults = *load_config({}, SystemEnvironment()).config;
  const Assembly assembly =
      assemble(defaults, plugin_folders_of(options.plugin_dirs), MLMON_VERSION, child_commands(), log);
  for (const ConfigError& error : assembly.errors) {
    log.say(LogLevel::kError, "config", error.to_string());
  }
  for (const AssembledObserver& observer : assembly.observers) {
    if (!observer.library) log.log(LogLevel::kError, "", observer.failure);
  }
  const std::string text = config_template(assembly.observers);
  if (options.file == "-") return write_stdout(text, out) ? kExitDone : kExitFailed;
  if (const Result<void> written = write_new(options.file, text); !written) {
    log.log(LogLevel::kError, "", written.error().text);
    return kExitUsage;
  }
  log.tell("wrote " + printable(options.file) + "; mlmon check validates it");
  return kExitDone;
}

}  // namespace

int config_command(const ConfigOptions& options) {
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<int> out = claim_stdout(log);
  if (!out) return kExitFailed;
  return options.verb == ConfigOptions::Verb::kShow ? show_config(options, *out, log)
                                                    : init(options, *out, log);
}

}  // namespace mlmon
