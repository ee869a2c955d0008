#include "cli/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/model_text.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "core/text/url_password.h"

namespace mlmon {
namespace {

constexpr std::size_t kNameWidth = 40;
constexpr std::size_t kStatusWidth = 200;

std::string counted(std::uint64_t number, std::string_view one) {
  return fmt::format("{} {}{}", grouped(number), one, number == 1 ? "" : "s");
}

/// " (1,234 delivered, 8 queued)" of the numbers that are not 0.
std::string in_brackets(const std::vector<std::pair<std::uint64_t, std::string_view>>& numbers) {
  std::string out;
  for (const auto& [number, what] : numbers) {
    if (number > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", grouped(number), what);
  }
  return out.empty() ? out : " (" + out + ")";
}

std::string events_line(const Receipt& receipt) {
  std::vector<std::pair<std::uint64_t, std::string_view>> reasons;
  for (std::size_t i = 0; i < kBadReasons; ++i) {
    std::uint64_t lines = 0;
    for (const SourceCount& source : receipt.sources) lines += source.bad_reasons[i];
    reasons.emplace_back(lines, to_string(static_cast<BadReason>(i)));
  }
  std::string out =
      fmt::format("{} in {}", counted(receipt.events(), "event"), counted(receipt.lines(), "line"));
  if (receipt.empty() > 0) out += fmt::format(", {} empty", grouped(receipt.empty()));
  if (receipt.foreign() > 0) out += fmt::format(", {} foreign", grouped(receipt.foreign()));
  out += fmt::format(", {} bad{}", grouped(receipt.bad()), in_brackets(reasons));
  if (receipt.late() > 0) out += fmt::format(", {} late", counted(receipt.late(), "event"));
  if (receipt.misplaced() > 0) out += fmt::format(", {} misplaced", grouped(receipt.misplaced()));
  return out + "\n";
}

std::string actions_line(const ActionCounts& actions) {
  const std::string fate = in_brackets({{actions.delivered, "delivered"},
                                        {actions.queued, "queued as jobs"},
                                        {actions.waiting, "waiting"},
                                        {actions.dead, "failed for good"}});
  std::string out = counted(actions.decided, "action");
  if (actions.decided > 0) out += fmt::format(": {} new{}", grouped(actions.fresh), fate);
  if (actions.already_known > 0)
    out += fmt::format(", {} known before", grouped(actions.already_known));
  return out + "\n";
}

/// Files that an earlier run had read to their end.
std::string nothing_new(const std::vector<SourceCount>& sources) {
  std::string out;
  for (const SourceCount& source : sources) {
    if (source.lines > 0 || !(source.nothing_new || source.from_offset > 0)) continue;
    out += printable(source.source, kNameWidth) +
           ": nothing new since it was read last (to read it again: --from-start or --no-state)\n";
  }
  return out;
}

std::string sources_table(const std::vector<SourceCount>& sources) {
  std::vector<std::string> headings = {"<source", ">lines", ">events", ">bad", ">empty"};
  const auto any = [&](std::uint64_t SourceCount::*count) {
    return std::any_of(sources.begin(), sources.end(),
                       [&](const SourceCount& source) { return source.*count > 0; });
  };
  const bool foreign = any(&SourceCount::foreign), late = any(&SourceCount::late);
  if (foreign) headings.push_back(">foreign");
  const bool misplaced = any(&SourceCount::misplaced);
  if (late) headings.push_back(">late");
  if (misplaced) headings.push_back(">misplaced");
  TextTable table(headings);
  for (const SourceCount& source : sources) {
    std::vector<std::string> cells = {printable(source.source, kNameWidth), grouped(source.lines),
                                      grouped(source.events), grouped(source.bad),
                                      grouped(source.empty)};
    if (foreign) cells.push_back(grouped(source.foreign));
    if (late) cells.push_back(grouped(source.late));
    if (misplaced) cells.push_back(grouped(source.misplaced));
    table.add(std::move(cells));
  }
  return "\n" + table.text("source");
}

std::string figure(double value) { return std::isnan(value) ? "" : fmt::format("{:.4g}", value); }

std::string models_table(const std::vector<ModelReceipt>& models) {
  TextTable table({"<model", ">metrics", ">drift", ">last f1", ">least f1", "<last event"});
  for (const auto& [model, count] : models) {
    table.add({model_name(model->name, model->version, model->deployed_text, kNameWidth),
               grouped(count.metrics_events), grouped(count.drift_events), figure(count.f1_last),
               figure(count.f1_min), format_rfc3339(from_unix_ns(count.last_event_ns))});
  }
  return "\n" + table.text("model");
}

std::string observers_table(const std::vector<ObserverReceipt>& observers) {
  TextTable table({"<observer", ">observed", ">actions", ">suppressed", ">dropped", "<status"});
  for (const ObserverReceipt& observer : observers) {
    const ObserverCounts& counts = observer.counts;
    const std::string status = observer.failure.empty() ? "ok" : "failed: " + without_url_passwords(observer.failure);
    const auto count = [&](std::uint64_t number) { return observer.loaded ? grouped(number) : "-"; };
    table.add({printable(observer.observer, kNameWidth), count(counts.observed),
               count(counts.actions), count(counts.suppressed), count(counts.dropped),
               printable(status, kStatusWidth)});
  }
  return "\n" + table.text("observer");
}

/// A rule that saw none is often one on a metric that nobody sends.
std::string rules_without_figures(const std::vector<ObserverReceipt>& observers) {
  std::string out;
  for (const ObserverReceipt& observer : observers) {
    for (const RuleCount& rule : observer.counts.rules) {
      if (rule.figures > 0 || observer.counts.observed == 0) continue;
      out += fmt::format("rule {} of {}: no event carried its figure\n",
                         printable(rule.rule, kNameWidth), printable(observer.observer, kNameWidth));
    }
  }
  return out.empty() ? out : "\n" + out;
}

std::string cost_line(const Receipt& receipt) {
  const double rate =
      receipt.seconds > 0 ? static_cast<double>(receipt.events()) / receipt.seconds : 0;
  return fmt::format("{:.2f} s, {} events/s, peak memory {:.0f} MiB\n", receipt.seconds,
                     grouped(static_cast<std::uint64_t>(rate)),
                     static_cast<double>(receipt.peak_rss_bytes) / (1024 * 1024));
}

}  // namespace

std::string summary_text(const Receipt& receipt) {
  std::string out = events_line(receipt) + actions_line(receipt.actions) + cost_line(receipt);
  out += nothing_new(receipt.sources);
  for (const std::string& folder : receipt.empty_folders) {
    out += printable(folder, kNameWidth) + ": " + kNoInputs + "\n";
  }
  if (receipt.sources.size() > 1) out += sources_table(receipt.sources);
  if (!receipt.models.empty()) out += models_table(receipt.models);
  if (!receipt.observers.empty()) out += observers_table(receipt.observers);
  if (receipt.events() > 0) out += rules_without_figures(receipt.observers);
  return out;
}

bool went_wrong(const Receipt& receipt) {
  const auto is_broken = [](const ObserverReceipt& observer) {
    return !observer.failure.empty() || observer.counts.dropped > 0;
  };
  const int code = receipt.exit_code;
  const bool as_usual = code == kExitDone || code == kExitAlert || code == kExitRetrain;
  return !as_usual || receipt.bad() > 0 || receipt.actions.waiting > 0 ||
         receipt.actions.dead > 0 ||
         std::any_of(receipt.observers.begin(), receipt.observers.end(), is_broken);
}

}  // namespace mlmon
