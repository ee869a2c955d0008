#include "core/store/overview.h"

#include <algorithm>

#include "core/store/query.h"
#include "core/store/receipt_record.h"
#include "core/store/sighting_record.h"
#include "core/store/transaction.h"
#include "core/text/glob.h"

namespace mlmon {
namespace {

constexpr const char* kModels =
    "SELECT m.n, m.name, m.version, m.deployed_s, m.deployed_ns, s.metrics_events, "
    "s.drift_events, s.last_event_ns, s.figures FROM models m JOIN sightings s ON s.model = m.n ";
constexpr const char* kNewestFirst = "ORDER BY m.name, m.deployed_s DESC, m.deployed_ns DESC, m.version DESC";

/// The names of the observers that keep anything. They are the beginnings of the key of state, so that a few steps
/// find them.
constexpr const char* kObservers =
    "WITH RECURSIVE observers(name) AS (SELECT min(observer) FROM state UNION ALL "
    "SELECT (SELECT min(observer) FROM state WHERE observer > name) FROM observers WHERE name IS NOT NULL) ";

/// Calls visit(row) for each row of a query, of which `%` is a condition on the column `model`: all models, or those
/// of a name, so that nothing is read of the others.
template <class Visit>
Result<void> each_row_about(Database& database, std::string sql, const char* model, const std::string& name,
                            const Visit& visit) {
  const std::string about = std::string(model) + " IN (SELECT n FROM models WHERE name = ?)";
  sql.replace(sql.find('%'), 1, name.empty() ? "?1 = ''" : about);
  return each_row_of(database, sql.c_str(), visit, std::string_view(name));
}

/// A glob that matches one name only: itself.
bool is_name(const std::string& glob) { return !glob.empty() && glob.find_first_of("*?[\\") == glob.npos; }

ModelStanding standing_in(const Statement& row) {
  ModelStanding model;
  model.row = row.integer(0);
  model.name = row.text(1);
  model.version = row.text(2);
  model.deployed_at = {row.integer(3), static_cast<std::int32_t>(row.integer(4))};
  model.metrics_events = static_cast<std::uint64_t>(row.integer(5));
  model.drift_events = static_cast<std::uint64_t>(row.integer(6));
  model.last_event_ns = row.integer(7);
  model.figures = row.text(8);
  // As jsonb writes it.
  if (model.figures.find("\": ") != std::string::npos) model.figures = figures_in_order(model.figures);
  return model;
}

}  // namespace

Result<Overview::ByModel<FiringRule>> Overview::firing(const std::string& name) {
  ByModel<FiringRule> found;
  const auto asked = each_row_about(
      database_,
      "SELECT a.model, a.observer, a.rule, a.severity, a.state, "
      "coalesce(CASE WHEN b.json <> '' THEN b.json ->> 'event_time' END, ''), "
      "coalesce(CASE WHEN c.json <> '' THEN c.json ->> 'subject' END, '') "
      "FROM alerts a LEFT JOIN actions b ON b.n = a.began LEFT JOIN actions c ON c.n = a.newest "
      "WHERE a.state IN ('firing', 'flapping') AND % ORDER BY a.began",
      "a.model", name,
      [&](const Statement& row) {
        found[row.integer(0)].push_back({std::string(row.text(1)), std::string(row.text(2)),
                                         std::string(row.text(3)), std::string(row.text(4)),
                                         std::string(row.text(5)), std::string(row.text(6))});
      });
  if (!asked) return asked.error();
  return found;
}

Result<Overview::ByModel<OpenJob>> Overview::open_jobs(const std::string& name) {
  ByModel<OpenJob> found;
  const auto asked = each_row_about(
      database_,
      "SELECT j.model, j.id, j.status, coalesce(a.json ->> 'rule', ''), "
      "coalesce(a.json ->> 'reason', '') FROM jobs j LEFT JOIN actions a "
      "ON a.n = j.n AND a.json <> '' WHERE j.status IN ('queued', 'claimed') AND % ORDER BY j.n",
      "j.model", name,
      [&](const Statement& row) {
        found[row.integer(0)].push_back({std::string(row.text(1)), std::string(row.text(2)),
                                         std::string(row.text(3)), std::string(row.text(4))});
      });
  if (!asked) return asked.error();
  return found;
}

/// Each observer has a say: the last of the times, and any open job that was not closed since.
Result<std::unordered_map<std::int64_t, NextRequest>> Overview::next_requests(
    const std::string& name) {
  std::unordered_map<std::int64_t, NextRequest> found;
  const auto note = [&](std::int64_t model, std::int64_t from_ns) {
    NextRequest& next = found[model];
    next.from_ns = std::max(next.from_ns, from_ns);
  };
  const std::string as_json = database_.is_postgres() ? "json_of(value)" : "CAST(value AS TEXT)";
  const std::string is_array = database_.is_postgres() ? "json_typeof(r.value) = 'array'" : "r.type = 'array'";
  const auto jobs = each_row_about(
      database_,
      std::string(kObservers) +
          "SELECT s.model, coalesce(s.json ->> 'open', ''), s.json ->> 'from', "
          "CASE WHEN j.status NOT IN ('queued', 'claimed') THEN 0 ELSE 1 END FROM (SELECT model, " +
          as_json + " AS json FROM observers CROSS JOIN state ON observer = observers.name "
          "WHERE key = 'job' AND model <> 0 AND %) s "
          "LEFT JOIN jobs j ON j.id = s.json ->> 'open' WHERE json_valid(s.json)",
      "model", name,
      [&](const Statement& row) {
        if (!row.text(2).empty()) note(row.integer(0), row.integer(2));
        if (row.integer(3) != 0 && !row.text(1).empty()) found[row.integer(0)].job = row.text(1);
      });
  if (!jobs) return jobs.error();
  const auto held = each_row_about(
      database_,
      std::string(kObservers) +
          "SELECT s.model, r.value ->> 2 FROM (SELECT model, " +
          as_json + " AS json FROM observers CROSS JOIN state "
          "ON observer = observers.name WHERE key = 'held' AND model <> 0 AND %) s, "
          "json_each(CASE WHEN json_valid(s.json) THEN s.json ELSE '{}' END) r WHERE " +
          is_array + " AND r.value ->> 0 IN ('grace', 'cooldown', 'budget')",
      "model", name, [&](const Statement& row) {
        if (!row.text(1).empty()) note(row.integer(0), row.integer(1));
      });
  if (!held) return held.error();
  return found;
}

Result<void> Overview::models(const std::string& glob,
                              const std::function<void(const ModelStanding&)>& visit, With with) {
  const std::string name = is_name(glob) ? glob : "";
  return in_snapshot(database_, [&]() -> Result<void> {
    auto fires = firing(name);
    if (!fires) return fires.error();
    auto jobs = open_jobs(name);
    if (!jobs) return jobs.error();
    Result<std::unordered_map<std::int64_t, NextRequest>> requests =
        std::unordered_map<std::int64_t, NextRequest>();
    if (with == With::kNextRequest) requests = next_requests(name);
    if (!requests) return requests.error();
    return each_row_about(database_, std::string(kModels) + "WHERE % " + kNewestFirst, "m.n", name,
                          [&](const Statement& row) {
      if (!glob.empty() && !glob_matches(glob, row.text(1))) return;
      ModelStanding model = standing_in(row);
      if (const auto at = fires->find(model.row); at != fires->end()) {
        model.firing = std::move(at->second);
      }
      if (const auto at = jobs->find(model.row); at != jobs->end()) {
        model.jobs = std::move(at->second);
      }
      if (const auto at = requests->find(model.row); at != requests->end()) {
        model.next_request = std::move(at->second);
      }
      visit(model);
    });
  });
}

Result<std::vector<ModelStanding>> Overview::deployments(const std::string& name) {
  std::vector<ModelStanding> found;
  const auto asked = each_row_of(
      database_, (std::string(kModels) + "WHERE m.name = ? " + kNewestFirst).c_str(),
      [&](const Statement& row) { found.push_back(standing_in(row)); }, std::string_view(name));
  if (!asked) return asked.error();
  return found;
}

Result<void> Overview::names(const std::function<void(std::string_view)>& visit) {
  return each_row_of(
      database_, "SELECT DISTINCT m.name FROM models m JOIN sightings s ON s.model = m.n ORDER BY m.name",
      [&](const Statement& row) { visit(row.text(0)); });
}

Result<std::vector<KeptItem>> Overview::kept(std::int64_t row) {
  std::vector<KeptItem> items;
  const std::string sql = std::string(kObservers) +
                          "SELECT s.observer, s.key, s.value, s.model FROM observers CROSS JOIN state s "
                          "ON s.observer = observers.name AND s.model IN (0, ?) ORDER BY s.observer, s.key";
  const auto asked = each_row_of(
      database_, sql.c_str(),
      [&](const Statement& one) {
        items.push_back({std::string(one.text(0)), std::string(one.text(1)), std::string(one.text(2)),
                         one.integer(3) != 0});
      },
      row);
  if (!asked) return asked.error();
  return items;
}

Result<std::string> Overview::closed_as(const std::string& job) {
  std::string status;
  const auto asked = each_row_of(
      database_, "SELECT status FROM jobs WHERE id = ? AND status NOT IN ('queued', 'claimed')",
      [&](const Statement& row) { status = row.text(0); }, std::string_view(job));
  if (!asked) return asked.error();
  return status;
}

Result<std::vector<std::pair<std::string, std::uint64_t>>> Overview::counters(const std::string& observer) {
  std::vector<std::pair<std::string, std::uint64_t>> found;
  const auto asked = each_row_of(
      database_, "SELECT second, value FROM totals WHERE name = 'counter' AND first = ? ORDER BY second",
      [&](const Statement& row) {
        found.emplace_back(row.text(0), as_unsigned(row.integer(1)));
      },
      std::string_view(observer));
  if (!asked) return asked.error();
  return found;
}

Result<std::vector<OutboxSum>> Overview::outbox() {
  std::vector<OutboxSum> sums;
  const auto asked = each_row_of(
      database_,
      "SELECT e.name, count(*) FILTER (WHERE o.status = 1), count(*) FILTER (WHERE o.status = 2) FROM outbox o "
      "JOIN endpoints e ON e.n = o.endpoint WHERE o.status IN (1, 2) GROUP BY e.name ORDER BY e.name",
      [&](const Statement& row) {
        sums.push_back({std::string(row.text(0)), static_cast<std::uint64_t>(row.integer(1)),
                        static_cast<std::uint64_t>(row.integer(2))});
      });
  if (!asked) return asked.error();
  return sums;
}

Result<std::int64_t> Overview::last_good_ms() { return ReceiptRecord(database_).last_good_ms(); }

Result<void> Overview::forget(std::int64_t row) {
  return in_transaction(database_, [&]() -> Result<void> {
    for (const char* sql :
         {"DELETE FROM tellings WHERE action IN (SELECT c.action FROM alert_changes c "
          "JOIN alerts a ON a.n = c.alert WHERE a.model = ?)",
          "DELETE FROM alert_changes WHERE alert IN (SELECT n FROM alerts WHERE model = ?)",
          "DELETE FROM alerts WHERE model = ?", "DELETE FROM state WHERE model = ?",
          "DELETE FROM sightings WHERE model = ?"}) {
      if (const auto gone = run_once(database_, sql, row); !gone) return gone;
    }
    return {};
  });
}

}  // namespace mlmon
