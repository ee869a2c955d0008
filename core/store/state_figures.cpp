#include "core/store/state_figures.h"

#include "core/store/query.h"
#include "core/store/receipt_record.h"
#include "core/store/transaction.h"

namespace mlmon {
namespace {

Result<void> add_counts(Database& database, const char* sql, std::vector<StateFigures::Count>& into,
                   std::int64_t parameter = 0) {
  return each_row_of(
      database, sql,
      [&](const Statement& row) {
        into.push_back({std::string(row.text(0)), std::string(row.text(1)), row.integer(2)});
      },
      parameter);
}

Result<void> read_all_figures(Database& database, std::int64_t now_ms, StateFigures& figures) {
  auto done = each_row_of(
      database, "SELECT name, first, second, value FROM totals ORDER BY name, first, second",
      [&](const Statement& row) {
        figures.totals.push_back({std::string(row.text(0)), std::string(row.text(1)),
                                  std::string(row.text(2)), row.integer(3)});
      });
  if (!done) return done;
  done = each_row_of(
      database,
      "SELECT m.name, m.version, max(s.last_event_ns) FROM models m JOIN sightings s "
      "ON s.model = m.n WHERE s.metrics_events + s.drift_events > 0 "
      "GROUP BY m.name, m.version ORDER BY m.name, m.version",
      [&](const Statement& row) {
        figures.models.push_back(
            {std::string(row.text(0)), std::string(row.text(1)), row.integer(2)});
      });
  if (!done) return done;
  done = add_counts(database,
               "SELECT severity, '', count(*) FROM alerts WHERE state IN ('firing', 'flapping') "
               "AND ?1 >= 0 GROUP BY severity ORDER BY severity",
               figures.firing);
  if (!done) return done;
  done = add_counts(database,
               "SELECT CASE WHEN status = 'claimed' AND lease_until_ms <= ?1 THEN 'queued' "
               "ELSE status END, '', count(*) FROM jobs WHERE external = 0 GROUP BY 1 ORDER BY 1",
               figures.jobs, now_ms);
  if (!done) return done;
  done = add_counts(database,
               "SELECT e.name, s.status, (SELECT count(*) FROM outbox o WHERE o.endpoint = e.n AND "
               "o.status = s.n) FROM endpoints e JOIN (SELECT 1 AS n, 'waiting' AS status UNION ALL "
               "SELECT 2, 'dead') s ON ?1 >= 0 ORDER BY e.name, s.n",
               figures.outbox);
  if (!done) return done;
  const Result<std::int64_t> good = ReceiptRecord(database).last_good_ms();
  if (!good) return good.error();
  figures.last_good_ms = *good;
  return {};
}

}  // namespace

Result<StateFigures> read_figures(Database& database, std::int64_t now_ms) {
  StateFigures figures;
  const Result<void> read =
      in_snapshot(database, [&] {
        figures = {};
        return read_all_figures(database, now_ms, figures);
      });
  if (!read) return read.error();
  return figures;
}

}  // namespace mlmon
