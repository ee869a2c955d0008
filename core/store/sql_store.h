#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/store/alert_record.h"
#include "core/store/fresh_deliveries.h"
#include "core/store/partition_claims.h"
#include "core/store/sighting_record.h"
#include "core/store/database.h"
#include "core/store/number_ranges.h"
#include "core/store/postgres.h"
#include "core/store/sql_tellings.h"
#include "core/store/store.h"
#include "core/store/totals_record.h"

namespace mlmon {

/// The store in one connection: to SQLite, of a state folder or temporary, or to PostgreSQL. Its three parts stand in files of their
/// own: sql_checkpoints, sql_outbox, sql_jobs.
class SqlStore final : public Store {
 public:
  /// `shared_as`: the number of this run among those that share the database; 0: it has it for itself.
  static Result<std::unique_ptr<Store>> open(Database database, bool temporary, std::int64_t shared_as = 0) {
    std::unique_ptr<SqlStore> store(new SqlStore(std::move(database), temporary, shared_as));
    if (const Result<void> made = store->prepare(); !made) return made.error();
    return std::unique_ptr<Store>(std::move(store));
  }

  Result<std::vector<KnownSource>> sources_like(const Fingerprint& head) override;
  Result<std::vector<std::uint64_t>> head_sizes() override;
  Result<std::vector<KnownSource>> sources_beginning_with(std::string_view text) override;
  Result<std::vector<KnownSource>> named_sources() override;
  Result<void> rename_source(std::int64_t row, std::string_view path) override;
  Result<void> load_state(
      const std::string& observer, ModelTable& models, std::int64_t partition,
      const std::function<void(std::uint32_t, std::string_view, std::string_view)>& visit) override;
  Result<void> load_newest(
      ModelTable& models, std::int64_t partition,
      const std::function<void(std::uint32_t, std::int64_t, std::int64_t)>& visit) override;
  bool is_shared() const override { return run_ != 0; }
  Result<std::vector<ClaimedPartition>> claim(const std::vector<KnownSource>& partitions) override;
  Result<void> let_go(const std::vector<std::int64_t>& rows, std::int64_t written) override;
  Result<Committed> commit(const Checkpoint& checkpoint, const ModelTable& models) override;
  Result<std::vector<DueLine>> unwritten(std::int64_t after, std::size_t limit) override;
  Result<std::int64_t> written() override;
  Result<std::optional<OutputPlace>> output_place(std::uint64_t device,
                                                  std::uint64_t inode) override;
  Result<std::uint32_t> endpoint_number(const std::string& name) override;
  Result<std::vector<OutboxItem>> due(std::uint32_t endpoint, std::int64_t now_ms,
                                      std::size_t limit) override;
  Result<std::optional<std::int64_t>> next_due_ms(std::uint32_t endpoint) override;
  TellingStore& tellings() override { return tellings_; }
  Result<void> settle(const std::vector<Settlement>& settlements) override;
  Result<Pacing> pacing(std::uint32_t endpoint) override;
  bool is_shared_pacing() const override { return run_ != 0; }
  Result<bool> change_pacing(std::uint32_t endpoint, Pacing& pacing, const PacingChange& change) override;
  Result<std::vector<OutboxItem>> due_polls(std::uint32_t endpoint, std::int64_t now_ms,
                                            std::size_t limit) override;
  Result<std::optional<std::int64_t>> next_poll_ms(std::uint32_t endpoint) override;
  Result<void> settle_polls(std::uint32_t endpoint,
                            const std::vector<PollSettlement>& polls) override;
  Result<void> reroute(std::int64_t row, const std::vector<std::uint32_t>& endpoints, bool job) override;
  Result<OutboxTotals> totals() override;
  Result<void> prune(std::int64_t now_ns) override;
  Result<std::vector<UntoldEnd>> untold_ends(ModelTable& models) override;
  Result<bool> changed() override;
  Result<bool> has_ended(std::string_view job, bool in_replay) override;
  Result<bool> was_requested(std::string_view job) override;
  Result<StateFigures> figures(std::int64_t now_ms) override;
  Result<std::vector<JournalEntry>> journal() override;
  Result<std::vector<ToldPlace>> told_places(std::int64_t source_row) override;

 private:
  SqlStore(Database database, bool temporary, std::int64_t run)
      : database_(std::move(database)),
        temporary_(temporary),
        run_(run),
        tellings_(database_, mutex_, run,
                  [this](const SqlTellings::Work& work) { return transact(work); }) {}

  Result<void> prepare();
  void forget_rows();
  Result<void> check_place() const {
    return temporary_ ? Result<void>() : database_.check_place();
  }
  Result<void> write_all(const Checkpoint& checkpoint, const ModelTable& models,
                         Committed& committed);
  Result<void> add_actions(const Checkpoint& checkpoint, const ModelTable& models, Committed& committed);
  Result<void> number_actions(const Checkpoint& checkpoint, std::vector<std::int64_t>& numbers);
  Result<void> add(const NewAction& action, std::int64_t row, const ModelTable& models, std::int64_t now_ms);
  Result<void> add_deliveries(const NewAction& action, std::int64_t row, const ModelTable& models,
                              std::int64_t now_ms);
  bool needs_no_row(const NewAction& action, std::size_t endpoint) const;
  bool keeps_text(const NewAction& action) const;
  Result<void> put_fresh(std::int64_t action, std::int64_t endpoint, std::string_view json);
  Result<void> fall_back(const Settlement& settlement);
  Result<void> empty_state(const Checkpoint& checkpoint, const ModelTable& models);
  Result<void> put_state(const Checkpoint& checkpoint, const ModelTable& models);
  Result<void> put_change(const StateChange& change, std::int64_t model);
  Result<void> learn_models(const Checkpoint& checkpoint, const ModelTable& models);
  Result<void> flush();
  Result<void> put_ends(const Checkpoint& checkpoint, const ModelTable& models, const Committed& committed);
  Result<void> put_outside(const Checkpoint& checkpoint);
  Result<void> put_homes(const Checkpoint& checkpoint, const ModelTable& models, const Committed& committed);
  Result<std::int64_t> model_row(std::uint32_t handle, const ModelTable& models);
  Result<void> record(const Settlement& settlement);
  bool settle_in_memory(const std::vector<Settlement>& settlements);
  Result<void> record_fresh(Settlement settlement);
  Result<void> count_of_shared(OutboxTotals& totals);
  Result<bool> may_have_ended(std::string_view job);
  void note_ended(std::string_view job);
  Result<std::int64_t> action_of(std::string_view id);

  /// Runs work() in a transaction; a temporary store that failed in one stays failed.
  Result<void> transact(const std::function<Result<void>()>& work);

  std::mutex mutex_;
  Database database_;
  const bool temporary_;
  const std::int64_t run_;  // of those that share the database; 0: it is alone
  std::optional<PartitionClaims> claims_;  // of a shared one
  NumberRanges added_;                     // actions of this run, likewise
  std::optional<Error> broken_;
  std::int64_t before_run_ = 0;  // the last action of earlier runs
  std::uint64_t died_ = 0;       // deliveries
  bool has_requests_ = false;    // to be looked at when something is delivered
  bool ended_here_ = false;      // a request, since changed() was asked last
  std::int64_t data_version_ = -1;

  // Jobs that have ended, by a hash of their ids, and maybe some that were retried since.
  static constexpr int kWorthKnowing = 100;
  std::mutex ended_mutex_;  // taken after the other one, if both are
  std::unordered_set<std::size_t> ended_;
  bool ended_known_ = false;  // it has all of them
  int ended_asked_ = 0;

  std::optional<TotalsRecord> totals_;
  std::optional<AlertRecord> alerts_;
  bool has_alerts_ = false;  // in the record
  FreshDeliveries fresh_;    // empty, if the store is not temporary
  SqlTellings tellings_;
  std::optional<SightingRecord> sightings_;
  std::vector<std::int64_t> model_rows_;  // by handle; 0: not looked up yet
  Statement select_due_, select_next_, update_outbox_, insert_model_, select_model_,
      put_state_, delete_state_, select_ended_, select_action_;
  std::unique_ptr<RowWriter> actions_, outbox_, held_, jobs_, delivered_;
  std::unique_ptr<RowWriter> models_, state_;  // PostgreSQL's
  std::unique_ptr<RowWriter> homes_;
};

/// The handle of a model in four columns from `column` on.
std::uint32_t model_in(const Statement& row, int column, ModelTable& models);

/// A store that is gone with the process (`--no-state`): on disk once it is large, so that a storm of
/// actions costs disk and not memory.
Result<std::unique_ptr<Store>> open_temporary_store();

/// A temporary store that begins as a copy of a state folder's, which stays as it is (`--dry-run`).
Result<std::unique_ptr<Store>> open_copy_store(const std::string& folder);

/// The store of a state in PostgreSQL.
Result<std::unique_ptr<Store>> open_postgres_store(const std::string& url, PostgresOptions options);

/// The store of a state folder. A lock of another program is waited for so long before a call fails.
Result<std::unique_ptr<Store>> open_state_store(const std::string& folder, int lock_wait_ms = 60'000);

}  // namespace mlmon
