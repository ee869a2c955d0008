#pragma once

#include "cli/log.h"
#include "cli/options.h"

namespace mlmon {

/// The commands. Each talks to the world as it must and returns the exit code (exit_code.h).
int run_command(const RunOptions& options);
int check_command(const CheckOptions& options);
int config_command(const ConfigOptions& options);
int plugin_command(const PluginOptions& options);
int plugin_info(const PluginOptions& options, Log& log);
int plugin_new_command(const PluginNewOptions& options);
int plugin_check_command(const PluginCheckOptions& options);
int backtest_command(const BacktestOptions& options);
int plugin_test_command(const PluginTestOptions& options);
int jobs_command(const JobsOptions& options);
int alerts_command(const AlertsOptions& options);
int outbox_command(const OutboxOptions& options);
int status_command(const StatusOptions& options);
int models_command(const ModelsOptions& options);
int why_command(const WhyOptions& options);
int completion_command(const CompletionOptions& options);
int doctor_command(const DoctorOptions& options);
int report_command(const ReportOptions& options);
int upkeep_command(const UpkeepOptions& options);
int state_copy_command(const UpkeepOptions& options);
int state_export_command(const UpkeepOptions& options);
int state_import_command(const UpkeepOptions& options);
int state_init_command(const UpkeepOptions& options);
int emit_command(const EmitOptions& options);
int import_command(const ImportOptions& options);
int schema_command(const SchemaOptions& options);

}  // namespace mlmon
