#include "cli/run_metrics.h"

#include <fmt/format.h>

#include <utility>

#include "cli/file_writer.h"
#include "cli/metrics_text.h"
#include "core/time_units.h"

namespace mlmon {

RunMetrics::RunMetrics(std::string path, Store& store, bool keeps,
                       std::function<std::map<std::string, std::string>()> helps, const Clock& clock, Log& log)
    : store_(store),
      keeps_(keeps),
      clock_(clock),
      log_(log),
      file_(std::move(path), clock, [this, helps = std::move(helps)] { return text(helps()); }) {}

Result<void> RunMetrics::tell_success(const std::map<std::string, std::string>& helps) {
  succeeded_ms_ = clock_.now_ns() / kNsPerMs;
  const Result<std::string> told = text(helps);
  return told ? write_atomically(file_.path(), *told) : told.error();
}

Result<std::string> RunMetrics::text(const std::map<std::string, std::string>& helps) {
  for (const auto& [counter, help] : helps) {
    const std::string metric = counter_metric(counter);
    if (!is_own_metric(metric) || !left_out_.insert(counter).second) continue;
    log_.log(LogLevel::kWarn, "",
             fmt::format("counter {} is left out of the metrics: {} is a name of mlmon's own", counter, metric));
  }
  Result<StateFigures> figures = store_.figures(clock_.now_ns() / kNsPerMs);
  if (!figures) return figures.error();
  if (!keeps_) figures->last_good_ms = succeeded_ms_;
  return metrics_text(*figures, helps);
}

}  // namespace mlmon
