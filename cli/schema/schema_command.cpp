#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/schema/schema.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "core/run/assembly.h"

namespace mlmon {
namespace {

/// Nothing: that has been told.
std::optional<SchemaJson> schema_of(const SchemaOptions& options, Log& log) {
  using Of = SchemaOptions::Of;
  if (options.of == Of::kAction) return action_schema();
  if (options.of == Of::kReceipt) return receipt_schema();
  const auto input = read_input_config(options.config, options.sets, log);
  if (!input) return std::nullopt;
  return event_schema(event_rules(*input));
}

}  // namespace

int schema_command(const SchemaOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const auto schema = schema_of(options, log);
  if (!schema) return kExitUsage;
  return write_stdout(schema->dump(2) + "\n") ? kExitDone : kExitFailed;
}

}  // namespace mlmon
