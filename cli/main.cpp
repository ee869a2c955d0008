#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/first_process.h"
#include "cli/plugin_child_command.h"
#include "cli/standard_streams.h"

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

int main(int argc, char** argv) try {
  // A closed stdout ends the program as it ends any filter, whatever the parent made of the signal.
  std::signal(SIGPIPE, SIG_DFL);
  // Children are waited for, also where the parent does not.
  std::signal(SIGCHLD, SIG_DFL);
  if (getpid() == 1) mlmon::serve_as_first_process();
  mlmon::open_standard_streams();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == mlmon::kPluginChildCommand) {
    return mlmon::plugin_child_command({arguments.begin() + 1, arguments.end()});
  }
  // A file that reaches `ulimit -f` is a file that cannot be written. Programs that are started have the signal again.
  std::signal(SIGXFSZ, SIG_IGN);
  return std::visit(
      Overloaded{[](const mlmon::Answer& answer) {
                   std::fputs(answer.text.c_str(), answer.exit_code == 0 ? stdout : stderr);
                   return answer.exit_code;
                 },
                 [](const mlmon::RunOptions& options) { return mlmon::run_command(options); },
                 [](const mlmon::CheckOptions& options) { return mlmon::check_command(options); },
                 [](const mlmon::ConfigOptions& options) { return mlmon::config_command(options); },
                 [](const mlmon::PluginOptions& options) { return mlmon::plugin_command(options); },
                 [](const mlmon::PluginNewOptions& options) {
                   return mlmon::plugin_new_command(options);
                 },
                 [](const mlmon::PluginCheckOptions& options) {
                   return mlmon::plugin_check_command(options);
                 },
                 [](const mlmon::BacktestOptions& options) { return mlmon::backtest_command(options); },
                 [](const mlmon::PluginTestOptions& options) {
                   return mlmon::plugin_test_command(options);
                 },
                 [](const mlmon::JobsOptions& options) { return mlmon::jobs_command(options); },
                 [](const mlmon::AlertsOptions& options) { return mlmon::alerts_command(options); },
                 [](const mlmon::StatusOptions& options) { return mlmon::status_command(options); },
                 [](const mlmon::ModelsOptions& options) { return mlmon::models_command(options); },
                 [](const mlmon::WhyOptions& options) { return mlmon::why_command(options); },
                 [](const mlmon::DoctorOptions& options) { return mlmon::doctor_command(options); },
                 [](const mlmon::ReportOptions& options) { return mlmon::report_command(options); },
                 [](const mlmon::CompletionOptions& options) {
                   return mlmon::completion_command(options);
                 },
                 [](const mlmon::OutboxOptions& options) { return mlmon::outbox_command(options); },
                 [](const mlmon::EmitOptions& options) { return mlmon::emit_command(options); },
                 [](const mlmon::ImportOptions& options) { return mlmon::import_command(options); },
                 [](const mlmon::SchemaOptions& options) { return mlmon::schema_command(options); },
                 [](const mlmon::UpkeepOptions& options) { return mlmon::upkeep_command(options); }},
      mlmon::parse_command_line(arguments));
} catch (const std::system_error& error) {
  // A thread that the system does not give is the one thing that comes here.
  std::fprintf(stderr, "error: cannot start a thread: %s\n", error.code().message().c_str());
  return mlmon::kExitFailed;
}
