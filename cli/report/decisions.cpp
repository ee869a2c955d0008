#include "cli/report/decisions.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/store/query.h"
#include "core/text/text_member.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

std::string key_of(std::string_view name, std::string_view version, std::string_view deployed) {
  return fmt::format("{}\n{}\n{}", name, version, deployed);
}

std::string model_key(const SortedJson& action) {
  const SortedJson model = action.value("model", SortedJson::object());
  return key_of(text_of(model, "name"), text_of(model, "version"), text_of(model, "deployed_at"));
}

/// Nanoseconds of an action's event time, if it has one that can be read.
std::optional<std::int64_t> time_of(const SortedJson& action) {
  const std::optional<Instant> at = parse_rfc3339(text_of(action, "event_time"));
  return at ? to_unix_ns(*at) : std::nullopt;
}

/// The figure that a rule's action is about.
std::string figure_of(const SortedJson& action) {
  if (const std::string metric = text_of(action, "metric"); !metric.empty()) return metric;
  return action.contains("p_value") ? "p_value" : "magnitude";
}

}  // namespace

Result<Decisions> Decisions::read(Database& database) {
  Decisions decisions;
  if (const auto read = decisions.read_alerts(database); !read) return read.error();
  if (const auto read = decisions.read_retrainings(database); !read) return read.error();
  return decisions;
}

Result<void> Decisions::read_alerts(Database& database) {
  struct Open {
    std::vector<ChartMarks::Span>* spans = nullptr;  // null: it does not fire
    std::size_t at = 0;
  };
  std::map<std::int64_t, Open> open_of;  // by alert
  return each_row_of(
      database,
      "SELECT c.alert, a.json FROM alert_changes c JOIN actions a ON a.n = c.action "
      "WHERE a.json <> '' ORDER BY a.n",
      [&](const Statement& row) {
        const SortedJson action = SortedJson::parse(row.text(1), nullptr, false);
        const auto at_ns = action.is_object() ? time_of(action) : std::nullopt;
        if (!at_ns) return;
        Open& open = open_of[row.integer(0)];
        if (text_of(action, "state") == "resolved") {
          if (open.spans != nullptr) (*open.spans)[open.at].end_ns = *at_ns;
          open.spans = nullptr;
        } else if (open.spans == nullptr) {
          open.spans = &by_model_[model_key(action)].firing[figure_of(action)];
          open.at = open.spans->size();
          open.spans->push_back({*at_ns, INT64_MAX,
                                 fmt::format("{} fires ({}) since {}", text_of(action, "rule"),
                                             text_of(action, "severity"),
                                             text_of(action, "event_time"))});
        }
      });
}

Result<void> Decisions::read_retrainings(Database& database) {
  return each_row_of(database, "SELECT json FROM actions WHERE json LIKE '{\"action\":\"retrain\"%' ORDER BY n",
                     [&](const Statement& row) {
                       const SortedJson action = SortedJson::parse(row.text(0), nullptr, false);
                       const auto at_ns = action.is_object() ? time_of(action) : std::nullopt;
                       if (!at_ns) return;
                       by_model_[model_key(action)].retrainings.push_back(
                           {*at_ns, fmt::format("retraining requested at {}: {}",
                                               text_of(action, "event_time"), text_of(action, "reason"))});
                     });
}

const Decisions::OfModel* Decisions::of(std::string_view name, std::string_view version,
                                        const Instant& deployed_at) const {
  const auto found = by_model_.find(key_of(name, version, format_rfc3339(deployed_at)));
  return found == by_model_.end() ? nullptr : &found->second;
}

}  // namespace mlmon
