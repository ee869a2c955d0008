#include "core/run/receipt.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "core/observer/merge_by.h"
#include "core/text/json_text.h"
#include "core/text/url_password.h"

namespace mlmon {
namespace {

std::string quoted_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// A name of a file may be no UTF-8; JSON must be.
std::string quoted_path(std::string_view path) {
  std::string printable;
  append_printable(printable, path);
  return quoted_text(printable);
}

void append_source(std::string& out, const SourceCount& count) {
  std::string reasons;
  for (std::size_t i = 0; i < kBadReasons; ++i) {
    if (count.bad_reasons[i] == 0) continue;
    if (!reasons.empty()) reasons += ',';
    reasons += fmt::format("{}:{}", quoted_text(to_string(static_cast<BadReason>(i))),
                           count.bad_reasons[i]);
  }
  out += fmt::format(
      R"({{"source":{},"from_offset":{},"to_offset":{},"lines":{},"events":{},"bad":{},"empty":{},)"
      R"("foreign":{},"late":{},{}"bad_reasons":{{{}}}}})",
      quoted_path(count.source), count.from_offset, count.to_offset, count.lines, count.events,
      count.bad, count.empty, count.foreign, count.late,
      count.of_log ? fmt::format("\"misplaced\":{},", count.misplaced) : "", reasons);
}

void append_tally(std::string& out, const char* name, const Tally& tally) {
  if (tally.all().empty()) return;
  out += fmt::format(",\"{}\":{{", name);
  for (const auto& [what, count] : tally.all()) out += fmt::format("{}:{},", quoted_path(what), count);
  out.back() = '}';
}

void append_rules(std::string& out, const std::vector<RuleCount>& rules) {
  if (rules.empty()) return;
  out += ",\"rules\":[";
  for (const RuleCount& rule : rules) {
    out += fmt::format(R"({{"rule":{},"figures":{},"breaches":{},"actions":{}}},)",
                       quoted_path(rule.rule), rule.figures, rule.breaches, rule.actions);
  }
  out.back() = ']';
}

void append_observer(std::string& out, const ObserverReceipt& observer) {
  out += "{\"observer\":" + quoted_text(observer.observer);
  if (observer.loaded) {
    out += fmt::format(R"(,"observed":{},"dropped":{},"actions":{},"suppressed":{})",
                       observer.counts.observed, observer.counts.dropped, observer.counts.actions,
                       observer.counts.suppressed);
  }
  out += fmt::format(R"(,"status":"{}")", observer.failure.empty() ? "ok" : "failed");
  if (observer.apart || observer.counts.poisoned > 0) {
    out += fmt::format(",\"poisoned\":{}", observer.counts.poisoned);
  }
  if (observer.counts.derived > 0) out += fmt::format(",\"derived\":{}", observer.counts.derived);
  append_tally(out, "suppressed_by", observer.counts.suppressed_by);
  append_rules(out, observer.counts.rules);
  if (observer.counts.emitted > 0) out += fmt::format(",\"emitted\":{}", observer.counts.emitted);
  if (!observer.counts.counters.empty()) {
    out += ",\"counters\":{";
    for (const CounterTotal& counter : observer.counts.counters) {
      if (out.back() != '{') out += ',';
      out += fmt::format("\"{}\":{}", counter.name, counter.total);
    }
    out += '}';
  }
  if (!observer.failure.empty()) out += ",\"error\":" + quoted_path(without_url_passwords(observer.failure));
  out += '}';
}

void append_model_receipt(std::string& out, const ModelReceipt& receipt) {
  const ModelCount& count = receipt.count;
  append_model_json(out, *receipt.model);
  out.pop_back();  // the brace: more members follow
  fmt::format_to(std::back_inserter(out),
                 R"(,"metrics_events":{},"drift_events":{},"last_event":"{}","f1_last":)",
                 count.metrics_events, count.drift_events,
                 format_rfc3339(from_unix_ns(count.last_event_ns)));
  append_json_number(out, count.f1_last);
  out += ",\"f1_min\":";
  append_json_number(out, count.f1_min);
  out += '}';
}

template <class T, class F>
void append_array(std::string& out, std::string_view name, const std::vector<T>& items,
                  const F& append) {
  out += fmt::format(",\"{}\":[", name);
  for (const T& item : items) {
    append(out, item);
    out += ',';
  }
  if (!items.empty()) out.pop_back();
  out += ']';
}

std::uint64_t sum(const std::vector<SourceCount>& sources, std::uint64_t SourceCount::*member) {
  std::uint64_t total = 0;
  for (const SourceCount& source : sources) total += source.*member;
  return total;
}

}  // namespace

void add_to(ObserverReceipt& receipt, const ObserverReceipt& other) {
  ObserverCounts& counts = receipt.counts;
  const ObserverCounts& more = other.counts;
  counts.observed += more.observed;
  counts.dropped += more.dropped;
  counts.actions += more.actions;
  counts.suppressed += more.suppressed;
  counts.emitted += more.emitted;
  counts.derived += more.derived;
  counts.poisoned += more.poisoned;
  counts.poisoned_derived += more.poisoned_derived;
  merge_by(&CounterTotal::name, counts.counters, more.counters,
           [](CounterTotal& counter, const CounterTotal& added) { counter.total += added.total; });
  for (const auto& [reason, count] : more.suppressed_by.all()) counts.suppressed_by.add(reason, count);
  add_to(counts.rules, more.rules);
  if (receipt.failure.empty()) receipt.failure = other.failure;
  receipt.loaded |= other.loaded;
}

std::uint64_t Receipt::events() const { return sum(sources, &SourceCount::events); }
std::uint64_t Receipt::lines() const { return sum(sources, &SourceCount::lines); }
std::uint64_t Receipt::bad() const { return sum(sources, &SourceCount::bad); }
std::uint64_t Receipt::empty() const { return sum(sources, &SourceCount::empty); }
std::uint64_t Receipt::foreign() const { return sum(sources, &SourceCount::foreign); }
std::uint64_t Receipt::misplaced() const { return sum(sources, &SourceCount::misplaced); }
std::uint64_t Receipt::late() const { return sum(sources, &SourceCount::late); }

std::string to_json(const Receipt& receipt) {
  const ActionCounts& actions = receipt.actions;
  const double rate =
      receipt.seconds > 0 ? static_cast<double>(receipt.events()) / receipt.seconds : 0;
  constexpr std::size_t kAboutAModel = 200;
  std::string out;
  out.reserve((receipt.models.size() + 10) * kAboutAModel);  // a fleet is large enough as one copy
  out += fmt::format(
      R"({{"receipt":1,"run_id":"{}","started_at":"{}","ended_at":"{}","exit_code":{})",
      receipt.run_id, receipt.started_at, receipt.ended_at, receipt.exit_code);
  append_array(out, "sources", receipt.sources, append_source);
  append_array(out, "observers", receipt.observers, append_observer);
  out += fmt::format(
      R"(,"actions":{{"decided":{},"new":{},"already_known":{},"delivered":{},"queued":{},)"
      R"("waiting":{},"dead":{}}})",
      actions.decided, actions.fresh, actions.already_known, actions.delivered, actions.queued,
      actions.waiting, actions.dead);
  append_array(out, "models", receipt.models, append_model_receipt);
  out += fmt::format(R"(,"seconds":{:.6f},"events_per_second":{:.0f},"peak_rss_bytes":{}}})",
                     receipt.seconds, rate, receipt.peak_rss_bytes);
  return out;
}

std::vector<ModelReceipt> model_receipts(const ModelTally& tally, const ModelTable& models) {
  const std::vector<ModelCount>& counts = tally.counts();
  const auto seen = std::count_if(counts.begin(), counts.end(),
                                  [](const ModelCount& count) { return count.seen(); });
  std::vector<ModelReceipt> receipts;
  receipts.reserve(static_cast<std::size_t>(seen));
  for (std::uint32_t handle = 1; handle < counts.size(); ++handle) {
    if (counts[handle].seen()) receipts.push_back({&models.at(handle), counts[handle]});
  }
  std::sort(receipts.begin(), receipts.end(), [](const ModelReceipt& a, const ModelReceipt& b) {
    return std::tie(a.model->name, a.model->version, a.model->deployed_at) <
           std::tie(b.model->name, b.model->version, b.model->deployed_at);
  });
  return receipts;
}

}  // namespace mlmon
