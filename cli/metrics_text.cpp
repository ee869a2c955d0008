#include "cli/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event/batch.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr std::string_view kOwn[] = {
    "mlmon_events_total",   "mlmon_bad_lines_total",
    "mlmon_actions_total",  "mlmon_model_last_event_timestamp_seconds",
    "mlmon_alerts_firing",  "mlmon_jobs",
    "mlmon_outbox",         "mlmon_last_success_timestamp_seconds"};

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

/// Nanoseconds as seconds with the digits that they need.
std::string seconds(std::int64_t ns) {
  const bool negative = ns < 0;
  const std::uint64_t all = negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  std::string text = fmt::format("{}{}.{:09}", negative ? "-" : "", all / kNsPerSecond, all % kNsPerSecond);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

class Exposition {
 public:
  void begin(const std::string& name, const char* type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, false), name, type);
  }

  void sample(const Labels& labels, const std::string& value) {
    text_ += name_;
    for (const auto& [label, text] : labels) {
      text_ += fmt::format("{}{}=\"{}\"", &label == &labels.front().first ? "{" : ",", label,
                           escaped(text, true));
    }
    text_ += fmt::format("{} {}\n", labels.empty() ? "" : "}", value);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

std::int64_t total(const StateFigures& figures, std::string_view name, std::string_view first) {
  for (const StateFigures::Total& one : figures.totals) {
    if (one.name == name && one.first == first) return one.value;
  }
  return 0;
}

std::int64_t count(const std::vector<StateFigures::Count>& counts, std::string_view first) {
  for (const StateFigures::Count& one : counts) {
    if (one.first == first) return one.value;
  }
  return 0;
}

void add_input(Exposition& out, const StateFigures& figures) {
  out.begin("mlmon_events_total", "counter", "Events that were read.");
  out.sample({}, std::to_string(total(figures, "events", "")));
  out.begin("mlmon_bad_lines_total", "counter", "Lines that are not events, by reason.");
  for (std::size_t reason = 0; reason < kBadReasons; ++reason) {
    const std::string_view name = to_string(static_cast<BadReason>(reason));
    out.sample({{"reason", name}}, std::to_string(total(figures, "bad_lines", name)));
  }
}

void add_actions(Exposition& out, const StateFigures& figures) {
  out.begin("mlmon_actions_total", "counter", "New actions, by the observer that decided them.");
  for (const StateFigures::Total& one : figures.totals) {
    if (one.name != "actions") continue;
    out.sample({{"observer", one.first}, {"action", one.second}}, std::to_string(one.value));
  }
  out.begin("mlmon_alerts_firing", "gauge", "Alerts that fire now.");
  for (const char* severity : {"info", "warning", "critical"}) {
    out.sample({{"severity", severity}}, std::to_string(count(figures.firing, severity)));
  }
  out.begin("mlmon_jobs", "gauge", "Jobs in the queue of retrainings, by status.");
  for (const char* status : {"queued", "claimed", "done", "failed", "cancelled"}) {
    out.sample({{"status", status}}, std::to_string(count(figures.jobs, status)));
  }
  out.begin("mlmon_outbox", "gauge", "Deliveries that wait, or failed for good.");
  for (const StateFigures::Count& one : figures.outbox) {
    out.sample({{"endpoint", one.first}, {"status", one.second}}, std::to_string(one.value));
  }
}

void add_times(Exposition& out, const StateFigures& figures) {
  out.begin("mlmon_model_last_event_timestamp_seconds", "gauge",
            "Event time of the newest event of a model.");
  for (const StateFigures::Model& model : figures.models) {
    out.sample({{"model", model.name}, {"version", model.version}}, seconds(model.last_event_ns));
  }
  out.begin("mlmon_last_success_timestamp_seconds", "gauge",
            "End of the last run that ended with 0, 4, 10 or 11; 0: there was none.");
  out.sample({}, seconds(figures.last_good_ms * kNsPerMs));
}

void add_counters(Exposition& out, const StateFigures& figures,
                  const std::map<std::string, std::string>& helps) {
  std::map<std::string, std::vector<const StateFigures::Total*>> by_counter;
  for (const StateFigures::Total& one : figures.totals) {
    if (one.name == "counter") by_counter[one.second].push_back(&one);
  }
  std::map<std::string, std::string> metric_of;  // "x" and "x_total" would be one metric
  for (const auto& [counter, totals] : by_counter) {
    const std::string metric = counter_metric(counter);
    if (is_own_metric(metric) || !metric_of.emplace(metric, counter).second) continue;
    const auto help = helps.find(counter);
    out.begin(metric, "counter",
              help != helps.end() && !help->second.empty() ? help->second
                                                           : "Counted by the observer's plugin.");
    for (const StateFigures::Total* one : totals) {
      out.sample({{"observer", one->first}}, std::to_string(one->value));
    }
  }
}

}  // namespace

std::string metrics_text(const StateFigures& figures,
                         const std::map<std::string, std::string>& helps) {
  Exposition out;
  add_input(out, figures);
  add_actions(out, figures);
  add_times(out, figures);
  add_counters(out, figures, helps);
  return out.take();
}

std::string counter_metric(const std::string& counter) {
  constexpr std::string_view kTotal = "_total";
  const std::string stem =
      counter.ends_with(kTotal) ? counter.substr(0, counter.size() - kTotal.size()) : counter;
  return fmt::format("mlmon_observer_{}_total", stem);
}

bool is_own_metric(const std::string& metric) {
  return std::find(std::begin(kOwn), std::end(kOwn), metric) != std::end(kOwn);
}

}  // namespace mlmon
