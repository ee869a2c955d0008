#include "core/store/reroute.h"

#include <optional>
#include <string>
#include <string_view>

#include "core/event/instant.h"
#include "core/store/query.h"

namespace mlmon {
namespace {

struct Waiting {
  std::int64_t action = 0;
  std::string id, name, version, deployed_at;
};

Result<std::int64_t> model_of(Database& database, const Waiting& waiting) {
  const std::optional<Instant> deployed = parse_rfc3339(waiting.deployed_at);
  if (!deployed) return Error{"action " + waiting.id + ": its model has no deployed_at"};
  const std::int64_t nanos = deployed->nanos;
  const std::string_view name = waiting.name, version = waiting.version;
  const auto added = run_once(
      database, "INSERT INTO models (name, version, deployed_s, deployed_ns) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING", name,
      version, deployed->seconds, nanos);
  if (!added) return added.error();
  std::int64_t row = 0;
  const auto found = each_row_of(
      database, "SELECT n FROM models WHERE name = ? AND version = ? AND deployed_s = ? AND deployed_ns = ?",
      [&](const Statement& model) { row = model.integer(0); }, name, version, deployed->seconds, nanos);
  if (!found) return found.error();
  return row;
}

}  // namespace

Result<void> reroute_action(Database& database, std::int64_t outbox_row,
                            const std::vector<std::uint32_t>& endpoints, bool job) {
  Waiting waiting;
  const auto read = each_row_of(
      database,
      "SELECT a.n, a.id, a.json -> 'model' ->> 'name', a.json -> 'model' ->> 'version', "
      "a.json -> 'model' ->> 'deployed_at' FROM outbox o JOIN actions a ON a.n = o.action WHERE o.n = ?",
      [&](const Statement& row) {
        waiting = {row.integer(0), std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)),
                   std::string(row.text(4))};
      },
      outbox_row);
  if (!read || waiting.action == 0) return read;
  for (const std::uint32_t endpoint : endpoints) {
    const auto added = run_once(database, "INSERT INTO outbox (action, endpoint) VALUES (?, ?)", waiting.action,
                                std::int64_t{endpoint});
    if (!added) return added;
  }
  if (job) {
    const Result<std::int64_t> model = model_of(database, waiting);
    if (!model) return model.error();
    const auto added = run_once(database, "INSERT INTO jobs (n, id, model) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                                waiting.action, std::string_view(waiting.id), *model);
    if (!added) return added;
  }
  // What counts a request's deliveries counted this row as one.
  const auto counted = job || endpoints.empty()
                           ? run_once(database, "DELETE FROM requests WHERE action = ?", waiting.action)
                           : run_once(database, "UPDATE requests SET left = left + ? WHERE action = ?",
                                      static_cast<std::int64_t>(endpoints.size()) - 1, waiting.action);
  if (!counted) return counted;
  return run_once(database, "DELETE FROM outbox WHERE n = ?", outbox_row);
}

}  // namespace mlmon
