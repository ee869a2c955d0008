#include "cli/run_account.h"

#include <fmt/format.h>

#include "cli/summary.h"

namespace mlmon {

void note_facts(const RunOptions& options, const Receipt& receipt, RunFacts& facts) {
  for (const ObserverReceipt& observer : receipt.observers) {
    facts.failed |= !observer.failure.empty() || observer.counts.poisoned > 0 || observer.counts.poisoned_derived > 0;
  }
  const ActionCounts& actions = receipt.actions;
  const FailOn fail_on = options.fail_on;
  facts.alert_fired = actions.alerts_fired > 0 && (fail_on == FailOn::kAlert || fail_on == FailOn::kAny);
  facts.retrain_requested =
      actions.retrains_requested > 0 && (fail_on == FailOn::kRetrain || fail_on == FailOn::kAny);
  facts.undelivered = actions.waiting + actions.dead + actions.waiting_from_before + actions.died > 0;
}

std::string too_many_bad(const RunOptions& options, const Receipt& receipt) {
  const std::uint64_t bad = receipt.bad(), lines = receipt.lines() - receipt.empty();
  if (bad > 0 && options.stop_at_bad) return "stopped before the first bad line (--bad-lines stop)";
  if (options.max_bad && options.max_bad->exceeded_by(bad, lines)) {
    return fmt::format("{} of {} lines bad, more than --max-bad allows", bad, lines);
  }
  if (bad > 0 && receipt.events() == 0) return "not one line is an event";
  return "";
}

std::string summary_of(const RunOptions& options, const Receipt& receipt, bool is_terminal) {
  switch (options.summary) {
    case SummaryFormat::kNone:
      return "";
    case SummaryFormat::kJson:
      return to_json(receipt) + "\n";
    case SummaryFormat::kAuto:
      if (options.verbosity < 0) return "";
      if (!is_terminal && !went_wrong(receipt)) return "";
      if (options.log_format != LogFormat::kText) return to_json(receipt) + "\n";
      [[fallthrough]];
    case SummaryFormat::kText:
      return summary_text(receipt);
  }
  return "";
}

}  // namespace mlmon
