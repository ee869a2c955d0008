#include "core/store/overview.h"

#include "core/store/query.h"
#include "core/store/receipt_record.h"
#include "core/store/transaction.h"
#include "core/text/glob.h"

namespace mlmon {

Result<Overview::ByModel<FiringRule>> Overview::firing() {
  ByModel<FiringRule> found;
  const auto asked = each_row_of(
      database_,
      "SELECT a.model, a.observer, a.rule, a.severity, a.state, "
      "coalesce(CASE WHEN b.json <> '' THEN b.json ->> 'event_time' END, ''), "
      "coalesce(CASE WHEN c.json <> '' THEN c.json ->> 'subject' END, '') "
      "FROM alerts a LEFT JOIN actions b ON b.n = a.began LEFT JOIN actions c ON c.n = a.newest "
      "WHERE a.state IN ('firing', 'flapping') ORDER BY a.began",
      [&](const Statement& row) {
        found[row.integer(0)].push_back({std::string(row.text(1)), std::string(row.text(2)),
                                         std::string(row.text(3)), std::string(row.text(4)),
                                         std::string(row.text(5)), std::string(row.text(6))});
      });
  if (!asked) return asked.error();
  return found;
}

Result<Overview::ByModel<OpenJob>> Overview::open_jobs() {
  ByModel<OpenJob> found;
  const auto asked = each_row_of(
      database_,
      "SELECT j.model, j.id, j.status, coalesce(a.json ->> 'rule', ''), "
      "coalesce(a.json ->> 'reason', '') FROM jobs j LEFT JOIN actions a "
      "ON a.n = j.n AND a.json <> '' WHERE j.status IN ('queued', 'claimed') ORDER BY j.n",
      [&](const Statement& row) {
        found[row.integer(0)].push_back({std::string(row.text(1)), std::string(row.text(2)),
                                         std::string(row.text(3)), std::string(row.text(4))});
      });
  if (!asked) return asked.error();
  return found;
}

Result<void> Overview::models(const std::string& glob,
                              const std::function<void(const ModelStanding&)>& visit) {
  return in_snapshot(database_, [&]() -> Result<void> {
    auto fires = firing();
    if (!fires) return fires.error();
    auto jobs = open_jobs();
    if (!jobs) return jobs.error();
    return each_row_of(
        database_,
        "SELECT m.n, m.name, m.version, m.deployed_s, m.deployed_ns, s.metrics_events, "
        "s.drift_events, s.last_event_ns, s.figures FROM models m JOIN sightings s ON s.model = m.n "
        "ORDER BY m.name, m.deployed_s DESC, m.deployed_ns DESC, m.version DESC",
        [&](const Statement& row) {
          if (!glob.empty() && !glob_matches(glob, row.text(1))) return;
          ModelStanding model;
          model.row = row.integer(0);
          model.name = row.text(1);
          model.version = row.text(2);
          model.deployed_at = {row.integer(3), static_cast<std::int32_t>(row.integer(4))};
          model.metrics_events = static_cast<std::uint64_t>(row.integer(5));
          model.drift_events = static_cast<std::uint64_t>(row.integer(6));
          model.last_event_ns = row.integer(7);
          model.figures = row.text(8);
          if (const auto at = fires->find(model.row); at != fires->end()) {
            model.firing = std::move(at->second);
          }
          if (const auto at = jobs->find(model.row); at != jobs->end()) {
            model.jobs = std::move(at->second);
          }
          visit(model);
        });
  });
}

Result<std::vector<OutboxSum>> Overview::outbox() {
  std::vector<OutboxSum> sums;
  const auto asked = each_row_of(
      database_,
      "SELECT e.name, sum(o.status = 1), sum(o.status = 2) FROM outbox o "
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
