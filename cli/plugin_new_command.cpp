#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/install_prefix.h"
#include "cli/log.h"
#include "cli/plugin_project.h"
#include "cli/standard_streams.h"
#include "cli/terminal.h"

namespace mlmon {

int plugin_new_command(const PluginNewOptions& options) {
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  std::error_code failed;
  if (std::filesystem::exists(std::filesystem::symlink_status(options.name, failed))) {
    log.log(LogLevel::kError, "", options.name + ": is there already, and is left as it is");
    return kExitUsage;
  }
  const Result<void> written =
      write_plugin_project(options.language, options.name, install_prefix(), "");
  if (!written) {
    log.log(LogLevel::kError, "", written.error().text);
    return kExitFailed;
  }
  const std::string next =
      fmt::format("{0}/ is an observer that works. Build and try it, then make it yours:\n"
                  "  cd {0} && make && make test\n",
                  options.name);
  return write_stdout(next) ? kExitDone : kExitFailed;
}

}  // namespace mlmon
