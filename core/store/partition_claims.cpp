#include "core/store/partition_claims.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "core/store/query.h"
#include "core/store/source_rows.h"

namespace mlmon {

Result<PartitionClaims> PartitionClaims::open(Database& database, std::int64_t run) {
  PartitionClaims claims(database, run);
  const std::string hold = fmt::format(
      "UPDATE sources s SET written = CASE WHEN s.written < u.written THEN u.written ELSE s.written END "
      "FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS u (n, epoch, written) "
      "WHERE s.n = u.n AND s.epoch = u.epoch AND s.owner = {} RETURNING s.n",
      run);
  auto fence = database.writer("", hold.c_str());
  if (!fence) return fence.error();
  claims.fence_ = std::move(*fence);
  return claims;
}

Result<std::vector<ClaimedPartition>> PartitionClaims::claim(const std::vector<KnownSource>& partitions) {
  coming_ = held_;
  std::vector<ClaimedPartition> claimed;
  for (const KnownSource& wanted : partitions) {
    Result<ClaimedPartition> one = claim_one(wanted);
    if (!one) return one.error();
    claimed.push_back(std::move(*one));
  }
  if (const auto added = add_due_of_none(claimed); !added) return added.error();
  return claimed;
}

/// They go with the partition that was claimed first after that run, until somebody has written them.
Result<void> PartitionClaims::add_due_of_none(std::vector<ClaimedPartition>& claimed) {
  if (claimed.empty()) return {};
  // While partitions are shared nothing comes of none: such lines are later than all that was written of them before.
  std::vector<DueLine> lines;
  const auto asked = each_row_of(
      *database_,
      "SELECT n, json FROM actions WHERE home = 0 AND n > coalesce((SELECT value FROM meta WHERE key = 'written'), 0) "
      "AND n > (SELECT max(written) FROM sources) ORDER BY n",
      [&](const Statement& line) { lines.push_back({line.integer(0), std::string(line.text(1))}); });
  if (!asked || lines.empty()) return asked;
  const auto taken = run_once(*database_,
                              "INSERT INTO meta AS m (key, value) VALUES ('writes_rest', ?) ON CONFLICT (key) DO UPDATE SET "
                              "value = excluded.value WHERE NOT EXISTS (SELECT 1 FROM sources WHERE n = m.value AND owner <> 0)",
                              claimed.front().source.row);
  if (!taken) return taken;
  const auto keeper = number_of(*database_, "SELECT value FROM meta WHERE key = 'writes_rest'");
  if (!keeper) return keeper.error();
  for (ClaimedPartition& one : claimed) {
    if (one.source.row != *keeper) continue;
    last_of_none_ = lines.back().number;
    std::move(lines.begin(), lines.end(), std::back_inserter(one.due));
    break;
  }
  return {};
}

Result<ClaimedPartition> PartitionClaims::claim_one(const KnownSource& wanted) {
  Result<KnownSource> source = row_of(wanted);
  if (!source) return source.error();
  ClaimedPartition claimed{std::move(*source), {}};
  const std::int64_t row = claimed.source.row;
  Claim claim{row, 0};
  std::int64_t written = 0;
  const auto taken = each_row_of(
      *database_, "UPDATE sources SET epoch = epoch + 1, owner = ? WHERE n = ? RETURNING epoch, written",
      [&](const Statement& one) { claim.epoch = one.integer(0), written = one.integer(1); }, run_, row);
  if (!taken) return taken.error();
  std::erase_if(coming_, [&](const Claim& one) { return one.row == row; });
  coming_.push_back(claim);
  if (claim.epoch == 1) {
    // It begins with what a run that read all partitions has kept of no model.
    const auto begun = run_once(*database_,
                                "INSERT INTO state (observer, model, key, value) SELECT observer, -n, key, value FROM "
                                "state, sources WHERE model = 0 AND n = ? ON CONFLICT DO NOTHING",
                                row);
    if (!begun) return begun.error();
  }
  const auto due = each_row_of(
      *database_, 
      "SELECT n, json FROM actions WHERE home = ? AND n > ? AND "
      "n > coalesce((SELECT value FROM meta WHERE key = 'written'), 0) ORDER BY n",
      [&](const Statement& line) { claimed.due.push_back({line.integer(0), std::string(line.text(1))}); }, row, written);
  if (!due) return due.error();
  return claimed;
}

/// As the state has it; as wanted, if it has none.
Result<KnownSource> PartitionClaims::row_of(const KnownSource& wanted) {
  Result<std::vector<KnownSource>> like = read_sources_like(*database_, wanted.head);
  if (!like) return like.error();
  for (KnownSource& one : *like) {
    if (one.path == wanted.path) return std::move(one);
  }
  KnownSource begun = wanted;
  const auto row = source_row(*database_, begun);
  if (!row) return row.error();
  begun.row = *row;
  if (const auto put = put_sources(*database_, {begun}, {*row}); !put) return put.error();
  return begun;
}

Result<void> PartitionClaims::let_go(const std::vector<std::int64_t>& rows, std::int64_t written) {
  coming_ = held_;
  for (const std::int64_t row : rows) {
    const auto gone = run_once(*database_,
                               "UPDATE sources SET owner = 0, written = CASE WHEN written < ?3 THEN ?3 ELSE written END "
                               "WHERE n = ?1 AND owner = ?2",
                               row, run_, written);
    if (!gone) return gone;
    std::erase_if(coming_, [&](const Claim& one) { return one.row == row; });
  }
  return {};
}

Result<std::vector<std::int64_t>> PartitionClaims::hold(std::int64_t written) {
  std::vector<std::int64_t> lost;
  if (held_.empty()) return lost;
  fence_->begin();
  for (const Claim& claim : held_) {
    lost.push_back(claim.row);
    if (const auto added = fence_->add(claim.row, claim.epoch, written); !added) return added.error();
  }
  const auto held = fence_->flush([&](const PreparedStatement& row) { std::erase(lost, row.integer(0)); });
  if (!held) return held.error();
  if (lost.empty() && last_of_none_ != 0 && last_of_none_ <= written) {
    const auto noted = run_once(*database_, "INSERT INTO meta VALUES ('written', ?1) ON CONFLICT (key) DO UPDATE SET "
                                            "value = ?1 WHERE meta.value < ?1", last_of_none_);
    if (!noted) return noted.error();
  }
  return lost;
}

std::string only_actions_of(std::int64_t run, const std::string& action) {
  if (run == 0) return "";
  return fmt::format(
      " AND EXISTS (SELECT 1 FROM actions x JOIN sources y ON y.n = CASE x.home WHEN 0 THEN "
      "(SELECT min(n) FROM sources WHERE owner <> 0) ELSE x.home END WHERE x.n = {} AND y.owner = {})",
      action, run);
}

Result<void> end_all_claims(Database& database) {
  return run_once(database, "UPDATE sources SET owner = 0, epoch = epoch + 1 WHERE owner <> 0");
}

}  // namespace mlmon
