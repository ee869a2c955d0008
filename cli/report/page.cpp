#include "cli/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/report/html.h"
#include "cli/report/style.h"
#include "cli/state_rows.h"
#include "cli/terminal.h"

namespace mlmon {
namespace {

constexpr std::size_t kMostRows = 1000;         // of a table
constexpr std::size_t kChartBytes = 3'000'000;  // all charts together, about
constexpr std::size_t kBytesOfColumn = 26;
constexpr std::size_t kBytesOfChart = 1500;
constexpr std::size_t kMostColumns = 580;
constexpr std::size_t kFewestColumns = 60;

using History = EventHistory::ModelHistory;

/// A model with all that is known of it: of the state, of the files, or of both.
struct Shown {
  std::string name, version;
  Instant deployed_at;
  const ModelStanding* standing = nullptr;
  const History* history = nullptr;

  bool fires() const { return standing && !standing->firing.empty(); }
  bool has_job() const { return standing && !standing->jobs.empty(); }
};

std::string heading_of(std::string_view name, std::string_view version, const Instant& deployed_at) {
  return fmt::format("{} <small>v{} deployed {}</small>", html_name(name), html_name(version),
                     html_whole(format_rfc3339(deployed_at)));
}

std::string heading_of(const Shown& model) { return heading_of(model.name, model.version, model.deployed_at); }

std::string many(std::size_t count, const char* one, const char* more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

std::string cell(const std::string& html, const char* attributes = "") {
  return fmt::format("<td{}>{}</td>", attributes, html);
}

class Table {
 public:
  explicit Table(const std::vector<std::string>& headings) {
    html_ = "<div class=\"wide\"><table><thead><tr>";
    for (const std::string& heading : headings) html_ += "<th>" + heading + "</th>";
    html_ += "</tr></thead><tbody>";
  }

  void add(const std::vector<std::string>& cells) {
    if (++rows_ > kMostRows) return;
    html_ += "<tr>";
    for (const std::string& one : cells) html_ += cell(one);
    html_ += "</tr>";
  }

  std::string take(const char* more) {
    html_ += "</tbody></table></div>";
    if (rows_ > kMostRows) {
      html_ += fmt::format("<p>… and {} more ({}).</p>", rows_ - kMostRows, more);
    }
    return std::move(html_);
  }

 private:
  std::string html_;
  std::size_t rows_ = 0;
};

class Page {
 public:
  explicit Page(const ReportContent& content) : content_(content) { collect(); }

  std::string make() {
    html_ = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<title>mlmon report</title><style>{}</style></head><body><header><h1>mlmon report</h1>"
        "<p>Made at {}. State: {}. Last good run: {}.</p></header><main>",
        kReportStyle, html_text(content_.made_at),
        content_.state.empty() ? "none" : html_name(content_.state),
        content_.last_good_ms == 0 ? "none" : format_unix_ms(content_.last_good_ms));
    add_now();
    add_models();
    add_charts();
    add_jobs();
    add_outbox();
    add_receipts();
    return html_ + "</main></body></html>\n";
  }

 private:
  void collect();
  void add_now();
  void add_models();
  void add_charts();
  void add_model(const Shown& model, std::size_t columns);
  void add_jobs();
  void add_outbox();
  void add_receipts();

  ChartMarks marks_of(const Shown& model, const std::string& figure) const;

  const ReportContent& content_;
  std::vector<Shown> models_;  // what fires first, then what has an open job, then by name
  std::string html_;
};

void Page::collect() {
  std::map<std::tuple<std::string_view, std::string_view, Instant>, std::size_t> known;
  for (const ModelStanding& standing : content_.models) {
    known[{standing.name, standing.version, standing.deployed_at}] = models_.size();
    models_.push_back({standing.name, standing.version, standing.deployed_at, &standing, nullptr});
  }
  if (content_.history) {
    for (const auto& [handle, history] : content_.history->histories()) {
      const Model& model = content_.history->models().at(handle);
      const auto at = known.find({model.name, model.version, model.deployed_at});
      if (at != known.end()) {
        models_[at->second].history = &history;
      } else {
        models_.push_back({std::string(model.name), std::string(model.version), model.deployed_at, nullptr, &history});
      }
    }
  }
  std::stable_sort(models_.begin(), models_.end(), [](const Shown& a, const Shown& b) {
    const auto rank = [](const Shown& one) {
      return std::make_tuple(!one.fires(), !one.has_job(), std::string_view(one.name));
    };
    return rank(a) < rank(b);
  });
}

void Page::add_now() {
  std::size_t firing = 0, open = 0, waiting = 0, dead = 0;
  for (const ModelStanding& model : content_.models) {
    firing += model.firing.size();
    open += model.jobs.size();
  }
  for (const OutboxEntry& entry : content_.outbox) ++(entry.dead ? dead : waiting);
  html_ += "<section><h2>What holds now</h2><ul class=\"now\">";
  html_ += fmt::format("<li class=\"{}\">{}</li>", firing > 0 ? "bad" : "good",
                       many(firing, "alert fires", "alerts fire"));
  html_ += fmt::format("<li class=\"{}\">{}</li>", open > 0 ? "busy" : "good",
                       many(open, "job is open", "jobs are open"));
  html_ += fmt::format("<li class=\"{}\">{} waiting, {} failed for good</li>",
                       dead > 0      ? "bad"
                       : waiting > 0 ? "busy"
                                     : "good",
                       many(waiting, "delivery", "deliveries"), dead);
  html_ += "</ul>";
  if (firing > 0) {
    Table table({"Model", "Rule", "Severity", "Since", "Observer"});
    for (const ModelStanding& model : content_.models) {
      for (const FiringRule& rule : model.firing) {
        table.add({heading_of(model.name, model.version, model.deployed_at), html_name(rule.rule),
                   html_text(rule.severity), html_whole(rule.since), html_name(rule.observer)});
      }
    }
    html_ += table.take("mlmon alerts list");
  }
  html_ += "</section>";
}

std::string figures_html(const std::string& json) {
  std::string out;
  const auto figures = nlohmann::ordered_json::parse(json, nullptr, false);
  for (const auto& [name, value] : figures.items()) {
    const std::string number =
        value.is_number_float() ? fmt::format("{:.4g}", value.get<double>()) : value.dump();
    out += (out.empty() ? "" : ", ") + html_name(name) + "&nbsp;" + html_whole(number);
  }
  return out;
}

void Page::add_models() {
  html_ += fmt::format("<section><h2>Models</h2><p>{}.</p>", many(models_.size(), "model", "models"));
  Table table({"Model", "Last event", "Events", "Newest figures", "Fires", "Open job"});
  for (const Shown& model : models_) {
    std::string fires, jobs;
    if (model.standing) {
      for (const FiringRule& rule : model.standing->firing) {
        fires += (fires.empty() ? "" : ", ") + html_name(rule.rule);
      }
      for (const OpenJob& job : model.standing->jobs) {
        jobs += (jobs.empty() ? "" : ", ") + html_name(job.rule) + " " + html_text(job.status);
      }
    }
    const bool seen = model.standing && model.standing->last_event_ns != kNeverSeen;
    const std::int64_t last_ns = seen           ? model.standing->last_event_ns
                                 : model.history ? model.history->time.end_ns
                                                 : kNeverSeen;
    const std::uint64_t events = model.standing
                                     ? model.standing->metrics_events + model.standing->drift_events
                                     : model.history->events;
    table.add({heading_of(model),
               last_ns == kNeverSeen || last_ns == INT64_MIN ? "" : html_whole(format_rfc3339(from_unix_ns(last_ns))),
               std::to_string(events), model.standing ? figures_html(model.standing->figures) : "",
               fires, jobs});
  }
  html_ += table.take("mlmon models list") + "</section>";
}

ChartMarks Page::marks_of(const Shown& model, const std::string& figure) const {
  ChartMarks marks;
  for (const Limit& limit : content_.limits) {
    if (limit.figure == figure && limit.applies_to(model.name)) {
      marks.limits.push_back({limit.value, limit.label});
    }
  }
  const Decisions::OfModel* decided =
      content_.decisions.of(model.name, model.version, model.deployed_at);
  if (decided == nullptr) return marks;
  if (const auto spans = decided->firing.find(figure); spans != decided->firing.end()) {
    marks.firing = spans->second;
  }
  marks.retrainings = decided->retrainings;
  constexpr std::size_t kMostMarks = 200;  // more of them could not be told apart
  if (marks.firing.size() > kMostMarks) marks.firing.erase(marks.firing.begin(), marks.firing.end() - kMostMarks);
  if (marks.retrainings.size() > kMostMarks) {
    marks.retrainings.erase(marks.retrainings.begin(), marks.retrainings.end() - kMostMarks);
  }
  return marks;
}

void Page::add_model(const Shown& model, std::size_t columns) {
  html_ += fmt::format("<article><h3>{}</h3>", heading_of(model));
  for (const auto& [figure, series] : model.history->figures) {
    if (html_.size() > kChartBytes + 500'000) break;
    html_ += chart_svg(figure, series, model.history->time, marks_of(model, figure), columns);
  }
  html_ += "</article>";
}

void Page::add_charts() {
  html_ += "<section><h2>Figures over event time</h2>";
  if (!content_.history) {
    html_ += "<p>No event files were given, so there are no charts: "
             "<code>mlmon report FILE...</code> or <code>[input] files</code> draws them.</p></section>";
    return;
  }
  std::size_t charts = 0;
  for (const Shown& model : models_) charts += model.history ? model.history->figures.size() : 0;
  const std::size_t room = charts == 0 ? 0 : kChartBytes / charts;
  const std::size_t columns =
      std::clamp(room > kBytesOfChart ? (room - kBytesOfChart) / kBytesOfColumn : 0, kFewestColumns,
                 kMostColumns);
  html_ += fmt::format("<p>{}, {} of {}. <span class=\"key figure\">▬</span> least to greatest, "
                       "<span class=\"key limit\">┄</span> limit, <span class=\"key fires\">▮</span> fires, "
                       "<span class=\"key retrain\">▲</span> retraining requested.</p>",
                       many(content_.history->events(), "event", "events"),
                       many(content_.history->bad(), "bad line", "bad lines"),
                       many(content_.files.size(), "file", "files"));
  std::size_t without = content_.history->without_charts();
  for (const Shown& model : models_) {
    if (!model.history || model.history->figures.empty()) continue;
    if (html_.size() > kChartBytes + 500'000) {
      ++without;
    } else {
      add_model(model, columns);
    }
  }
  if (without > 0) {
    html_ += fmt::format("<p>{} without charts, to keep the page small: <code>--model GLOB</code> "
                         "chooses.</p>",
                         many(without, "more model", "more models"));
  }
  html_ += "</section>";
}

void Page::add_jobs() {
  html_ += fmt::format("<section><h2>Jobs</h2><p>{}.</p>", many(content_.jobs.size(), "job", "jobs"));
  if (!content_.jobs.empty()) {
    Table table({"Job", "Status", "Model", "Reason", "Event time", "Worker", "Note"});
    for (auto job = content_.jobs.rbegin(); job != content_.jobs.rend(); ++job) {
      table.add({"<code>" + html_text(job->id) + "</code>", html_text(job->status),
                 heading_of(job->model, job->version, job->deployed_at), html_name(job->reason),
                 html_whole(job->event_time), html_name(job->worker), html_name(job->note)});
    }
    html_ += table.take("mlmon jobs list");
  }
  html_ += "</section>";
}

void Page::add_outbox() {
  std::size_t dead = 0;
  for (const OutboxEntry& entry : content_.outbox) dead += entry.dead ? 1 : 0;
  html_ += fmt::format("<section><h2>Dead letters</h2><p>{} failed for good, {} waiting.</p>",
                       many(dead, "delivery", "deliveries"), content_.outbox.size() - dead);
  if (!content_.outbox.empty()) {
    constexpr std::size_t kBeginning = 300;  // of an answer
    Table table({"Action", "Receiver", "Status", "Tries", "Answer"});
    for (const bool of_dead : {true, false}) {
      for (const OutboxEntry& entry : content_.outbox) {
        if (entry.dead != of_dead) continue;
        table.add({"<code>" + html_text(entry.id) + "</code>", html_name(entry.endpoint),
                   entry.dead ? "dead" : "waiting", std::to_string(entry.attempts),
                   html_name(cut(entry.error, kBeginning))});
      }
    }
    html_ += table.take("mlmon outbox list");
  }
  html_ += "</section>";
}

void Page::add_receipts() {
  html_ += "<section><h2>Last runs</h2>";
  if (content_.receipts.empty()) {
    html_ += "<p>None.</p></section>";
    return;
  }
  Table table({"Ended", "Exit code", "Events", "Bad lines", "New actions", "Seconds"});
  for (const KeptReceipt& receipt : content_.receipts) {
    const auto json = nlohmann::json::parse(receipt.json, nullptr, false);
    std::uint64_t events = 0, bad = 0, fresh = 0;
    double seconds = 0;
    if (json.is_object()) {
      for (const auto& source : json.value("sources", nlohmann::json::array())) {
        events += source.value("events", std::uint64_t{0});
        bad += source.value("bad", std::uint64_t{0});
      }
      fresh = json.value("actions", nlohmann::json::object()).value("new", std::uint64_t{0});
      seconds = json.value("seconds", 0.0);
    }
    table.add({html_whole(format_unix_ms(receipt.ended_ms)), std::to_string(receipt.exit_code),
               std::to_string(events), std::to_string(bad), std::to_string(fresh),
               fmt::format("{:.2f}", seconds)});
  }
  html_ += table.take("mlmon status") + "</section>";
}

}  // namespace

std::string report_page(const ReportContent& content) { return Page(content).make(); }

}  // namespace mlmon
