#pragma once

#include "cli/log.h"
#include "cli/options.h"

namespace mlmon {

/// The commands. Each talks to the world as it must and returns the exit code (exit_code.h).
int run_command(const RunOptions& options);
int check_command(const CheckOptions& options);
int plugin_command(const PluginOptions& options);
int plugin_info(const PluginOptions& options, Log& log);
int plugin_new_command(const PluginNewOptions& options);
int plugin_check_command(const PluginCheckOptions& options);
int jobs_command(const JobsOptions& options);
int alerts_command(const AlertsOptions& options);
int outbox_command(const OutboxOptions& options);
int emit_command(const EmitOptions& options);

}  // namespace mlmon
