#include "core/store/sqlite_store.h"

#include <algorithm>
#include <mutex>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "core/store/alert_record.h"
#include "core/store/journal.h"
#include "core/store/polls.h"
#include "core/store/query.h"
#include "core/store/requests.h"
#include "core/store/silences.h"
#include "core/store/sighting_record.h"
#include "core/store/sqlite_tellings.h"
#include "core/store/state_schema.h"

namespace mlmon {
namespace {

// Without a journal nothing can be rolled back: such a store that has failed stays failed.
constexpr const char* kTemporaryPragmas = R"sql(
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -4096;
)sql";

constexpr std::int64_t kNsPerMs = 1'000'000;

std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t as_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }
std::size_t hash_of(std::string_view id) { return std::hash<std::string_view>()(id); }

/// A place in three columns from `column` on.
SourcePlace place_in(const Statement& row, int column) {
  return {as_unsigned(row.integer(column)), as_unsigned(row.integer(column + 1)),
          row.integer(column + 2) != 0};
}

/// The handle of a model in four columns from `column` on.
std::uint32_t model_in(const Statement& row, int column, ModelTable& models) {
  return models.intern(
      row.text(column), row.text(column + 1),
      {row.integer(column + 2), static_cast<std::int32_t>(row.integer(column + 3))});
}

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(Database database, bool temporary) {
    std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(database), temporary));
    if (const Result<void> made = store->prepare(); !made) return made.error();
    return std::unique_ptr<Store>(std::move(store));
  }

  Result<std::vector<KnownSource>> sources_like(const Fingerprint& head) override;
  Result<std::vector<std::uint64_t>> head_sizes() override;
  Result<void> load_state(
      const std::string& observer, ModelTable& models,
      const std::function<void(std::uint32_t, std::string_view, std::string_view)>& visit) override;
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
  Result<void> set_pacing(std::uint32_t endpoint, const Pacing& pacing) override;
  Result<std::vector<OutboxItem>> due_polls(std::uint32_t endpoint, std::int64_t now_ms,
                                            std::size_t limit) override;
  Result<std::optional<std::int64_t>> next_poll_ms(std::uint32_t endpoint) override;
  Result<void> settle_polls(std::uint32_t endpoint,
                            const std::vector<PollSettlement>& polls) override;
  Result<OutboxTotals> totals() override;
  Result<void> prune(std::int64_t now_ns) override;
  Result<std::vector<std::pair<JobEnd, std::uint32_t>>> untold_ends(ModelTable& models) override;
  Result<bool> changed() override;
  Result<bool> has_ended(std::string_view job, bool in_replay) override;
  Result<std::vector<JournalEntry>> journal() override;
  Result<std::vector<ToldPlace>> told_places(std::int64_t source_row) override;

 private:
  SqliteStore(Database database, bool temporary)
      : database_(std::move(database)),
        temporary_(temporary),
        tellings_(database_, mutex_,
                  [this](const SqliteTellings::Work& work) { return transact(work); }) {}

  Result<void> prepare();
  Result<void> write_all(const Checkpoint& checkpoint, const ModelTable& models,
                         Committed& committed);
  Result<std::int64_t> add(const NewAction& action, const ModelTable& models, std::int64_t now_ms);
  Result<void> add_deliveries(const NewAction& action, std::int64_t row, const ModelTable& models,
                              std::int64_t now_ms);
  Result<void> fall_back(const Settlement& settlement);
  Result<std::int64_t> source_row(const KnownSource& source);
  Result<void> put_source(const KnownSource& source, std::int64_t row);
  Result<void> put_state(const StateChange& change, const ModelTable& models);
  Result<void> put_outside(const Checkpoint& checkpoint);
  Result<std::int64_t> model_row(std::uint32_t handle, const ModelTable& models);
  Result<void> record(const Settlement& settlement);
  Result<bool> may_have_ended(std::string_view job);
  void note_ended(std::string_view job);

  /// Runs work() between BEGIN and COMMIT; whatever fails is rolled back.
  template <class Work>
  Result<void> transact(const Work& work) {
    if (broken_) return *broken_;
    Result<void> done = database_.execute("BEGIN IMMEDIATE");
    if (!done) return done;
    done = work();
    if (done) done = database_.execute("COMMIT");
    if (done) return done;
    if (temporary_) {
      broken_ = done.error();
    } else if (const auto undone = database_.execute("ROLLBACK"); !undone) {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    model_rows_.clear();
    return done;
  }

  std::mutex mutex_;
  Database database_;
  const bool temporary_;
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

  std::optional<AlertRecord> alerts_;
  SqliteTellings tellings_;
  bool has_alerts_ = false;  // in the record
  std::optional<SightingRecord> sightings_;
  std::vector<std::int64_t> model_rows_;  // by handle; 0: not looked up yet
  Statement insert_action_, insert_outbox_, insert_held_, insert_job_, select_due_, select_next_, delete_outbox_,
      update_outbox_, insert_model_, select_model_, put_state_, delete_state_, select_ended_;
};

Result<void> SqliteStore::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&insert_action_, "INSERT OR IGNORE INTO actions (id, json) VALUES (?, ?)"},
      {&insert_outbox_,
       "INSERT INTO outbox (action, endpoint, grp, next_try_ms) VALUES (?, ?, ?, ?)"},
      {&insert_held_,
       "INSERT INTO held (action, endpoint, grp, step, until_ms, at_ms, why) "
       "VALUES (?1, ?2, ?3, 'backlog', ?4, ?4, '--backlog final')"},
      {&insert_job_, "INSERT OR IGNORE INTO jobs (n, id, model) VALUES (?, ?, ?)"},
      {&select_due_,
       "SELECT o.n, a.id, a.json, o.attempts, o.first_try_ms "
       // Else the index by time is taken, and all that waits is sorted for each round.
       "FROM outbox o INDEXED BY outbox_due "
       "JOIN actions a ON a.n = o.action "
       "WHERE o.endpoint = ? AND o.status = 1 AND o.next_try_ms <= ? ORDER BY o.n LIMIT ?"},
      {&select_next_,
       "SELECT next_try_ms FROM outbox WHERE endpoint = ? AND status = 1 "
       "ORDER BY next_try_ms LIMIT 1"},
      {&delete_outbox_, "DELETE FROM outbox WHERE n = ?"},
      {&update_outbox_,
       "UPDATE outbox SET status = ?, next_try_ms = ?, error = ?, attempts = attempts + 1, "
       "first_try_ms = CASE first_try_ms WHEN 0 THEN ? ELSE first_try_ms END WHERE n = ?"},
      {&insert_model_,
       "INSERT OR IGNORE INTO models (name, version, deployed_s, deployed_ns) VALUES (?, ?, ?, ?)"},
      {&select_model_,
       "SELECT n FROM models WHERE name = ? AND version = ? AND deployed_s = ? AND "
       "deployed_ns = ?"},
      {&put_state_,
       "INSERT INTO state (observer, model, key, value) VALUES (?, ?, ?, ?) "
       "ON CONFLICT DO UPDATE SET value = excluded.value"},
      {&delete_state_, "DELETE FROM state WHERE observer = ? AND model = ? AND key = ?"},
      {&select_ended_,
       "SELECT 1 FROM jobs WHERE id = ?1 AND status IN ('done', 'failed', 'cancelled') AND NOT "
       "(?2 AND (told <> 1 OR EXISTS (SELECT 1 FROM journal WHERE job = ?1)))"},
  };
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  Result<AlertRecord> alerts = AlertRecord::open(database_);
  if (!alerts) return alerts.error();
  alerts_.emplace(std::move(*alerts));
  Result<SightingRecord> sightings = SightingRecord::open(database_);
  if (!sightings) return sightings.error();
  sightings_.emplace(std::move(*sightings));
  const auto last = number_of(database_, "SELECT coalesce(max(n), 0) FROM actions");
  if (!last) return last.error();
  before_run_ = *last;
  const auto recorded = number_of(database_, "SELECT EXISTS (SELECT 1 FROM alerts)");
  if (!recorded) return recorded.error();
  has_alerts_ = *recorded != 0;
  const auto requests = number_of(database_, "SELECT EXISTS (SELECT 1 FROM requests)");
  if (!requests) return requests.error();
  has_requests_ = *requests != 0;
  return {};
}

Result<std::vector<KnownSource>> SqliteStore::sources_like(const Fingerprint& head) {
  const std::lock_guard lock(mutex_);
  std::vector<KnownSource> sources;
  const auto found = each_row_of(
      database_,
      "SELECT n, path, device, inode, tail_size, tail_hash, offset, lines, newline_due "
      "FROM sources WHERE head_size = ? AND head_hash = ? ORDER BY offset DESC",
      [&](const Statement& row) {
        KnownSource source;
        source.row = row.integer(0);
        source.path = row.text(1);
        source.device = as_unsigned(row.integer(2));
        source.inode = as_unsigned(row.integer(3));
        source.head = head;
        source.tail = {as_unsigned(row.integer(4)), as_unsigned(row.integer(5))};
        source.place = place_in(row, 6);
        sources.push_back(std::move(source));
      },
      as_signed(head.size), as_signed(head.hash));
  if (!found) return found.error();
  Result<Statement> own = database_.prepare(
      "SELECT observer, offset, lines, newline_due FROM own_places WHERE source = ?");
  if (!own) return own.error();
  for (KnownSource& source : sources) {
    own->bind(0, source.row);
    const auto read = each_row(*own, [&](const Statement& row) {
      source.own[std::string(row.text(0))] = place_in(row, 1);
    });
    if (!read) return read.error();
  }
  return sources;
}

Result<std::vector<std::uint64_t>> SqliteStore::head_sizes() {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> sizes;
  const auto asked =
      each_row_of(database_, "SELECT DISTINCT head_size FROM sources ORDER BY head_size DESC",
                  [&](const Statement& row) { sizes.push_back(as_unsigned(row.integer(0))); });
  if (!asked) return asked.error();
  return sizes;
}

Result<void> SqliteStore::load_state(
    const std::string& observer, ModelTable& models,
    const std::function<void(std::uint32_t, std::string_view, std::string_view)>& visit) {
  const std::lock_guard lock(mutex_);
  return each_row_of(
      database_,
      "SELECT s.key, s.value, m.name, m.version, m.deployed_s, m.deployed_ns, s.model "
      "FROM state s LEFT JOIN models m ON m.n = s.model WHERE s.observer = ?",
      [&](const Statement& row) {
        visit(row.integer(6) != 0 ? model_in(row, 2, models) : 0, row.text(0), row.text(1));
      },
      std::string_view(observer));
}

Result<Committed> SqliteStore::commit(const Checkpoint& checkpoint, const ModelTable& models) {
  const std::lock_guard lock(mutex_);
  Committed committed;
  const Result<void> done =
      transact([&]() -> Result<void> { return write_all(checkpoint, models, committed); });
  if (!done) return done.error();
  return committed;
}

Result<void> SqliteStore::write_all(const Checkpoint& checkpoint, const ModelTable& models,
                                    Committed& committed) {
  for (const NewAction& action : checkpoint.actions) {
    const Result<std::int64_t> number = add(action, models, checkpoint.now_ms);
    if (!number) return number.error();
    committed.fresh.push_back(*number != 0);
    if (*number != 0) committed.last = *number;
  }
  for (const std::uint32_t handle : checkpoint.begun_anew) {
    const Result<std::int64_t> row = model_row(handle, models);
    if (!row) return row.error();
    if (const auto gone = run_once(database_, "DELETE FROM state WHERE model = ?", *row); !gone)
      return gone;
  }
  for (const StateChange& change : checkpoint.state) {
    if (const auto put = put_state(change, models); !put) return put;
  }
  for (const Sighting& sighting : checkpoint.sightings) {
    const Result<std::int64_t> row = model_row(sighting.model, models);
    if (!row) return row.error();
    if (const auto put = sightings_->add(sighting, *row); !put) return put;
  }
  for (const KnownSource& source : checkpoint.sources) {
    const Result<std::int64_t> row = source_row(source);
    if (!row) return row.error();
    committed.rows.push_back(*row);
  }
  if (const auto told = put_told(database_, checkpoint.told, committed.rows); !told) return told;
  for (std::size_t i = 0; i < checkpoint.sources.size(); ++i) {
    if (const auto put = put_source(checkpoint.sources[i], committed.rows[i]); !put) return put;
  }
  return put_outside(checkpoint);
}

/// Its number; 0: the id was known.
Result<std::int64_t> SqliteStore::add(const NewAction& action, const ModelTable& models,
                                      std::int64_t now_ms) {
  bind_all(insert_action_, action.id, action.json);
  if (const auto added = database_.run(insert_action_); !added) return added.error();
  if (database_.changes() == 0) return std::int64_t{0};
  const std::int64_t row = database_.last_row();
  if (const auto put = add_deliveries(action, row, models, now_ms); !put) return put.error();
  if (action.request && !action.job && !action.endpoints.empty()) {
    const Result<std::int64_t> model = model_row(action.model, models);
    if (!model) return model.error();
    const auto added = add_request(database_, row, *model, action.endpoints.size());
    if (!added) return added.error();
    has_requests_ = true;
  }
  if (action.job) {
    const Result<std::int64_t> model = model_row(action.model, models);
    if (!model) return model.error();
    bind_all(insert_job_, row, action.id, *model);
    if (const auto added = database_.run(insert_job_); !added) return added.error();
  }
  return row;
}

/// The tellings of an alert that nobody is to be told of are recorded, and not made.
Result<void> SqliteStore::add_deliveries(const NewAction& action, std::int64_t row,
                                         const ModelTable& models, std::int64_t now_ms) {
  std::string held_back;
  if (action.alert) {
    const Result<std::int64_t> model = model_row(action.model, models);
    if (!model) return model.error();
    Result<std::string> noted = alerts_->changed(row, *model, action.json);
    if (!noted) return noted.error();
    held_back = std::move(*noted);
    has_alerts_ = true;
    if (held_back.empty() && action.backlog == Backlog::kNone) held_back = "--backlog none";
  }
  for (std::size_t i = 0; i < action.endpoints.size(); ++i) {
    const Grouping grouping = i < action.grouping.size() ? action.grouping[i] : Grouping{};
    const std::int64_t endpoint = action.endpoints[i];
    Result<void> put;
    if (!held_back.empty()) {
      put = alerts_->suppressed(row, endpoint, now_ms, held_back);
    } else if (action.alert && action.backlog == Backlog::kFinal) {
      bind_all(insert_held_, row, endpoint, grouping.group, now_ms);
      put = database_.run(insert_held_);
    } else {
      bind_all(insert_outbox_, row, endpoint, grouping.group, grouping.from_ms);
      put = database_.run(insert_outbox_);
    }
    if (!put) return put;
  }
  return {};
}

Result<std::int64_t> SqliteStore::model_row(std::uint32_t handle, const ModelTable& models) {
  if (handle == 0) return std::int64_t{0};
  if (handle >= model_rows_.size()) model_rows_.resize(handle + 1 + handle / 2);
  if (model_rows_[handle] != 0) return model_rows_[handle];
  const Model& model = models.at(handle);
  const std::int64_t nanos = model.deployed_at.nanos;
  for (Statement* statement : {&insert_model_, &select_model_}) {
    bind_all(*statement, std::string_view(model.name), std::string_view(model.version),
             model.deployed_at.seconds, nanos);
  }
  if (const auto added = database_.run(insert_model_); !added) return added.error();
  const Result<bool> found = select_model_.step();
  if (!found) return found.error();
  model_rows_[handle] = select_model_.integer(0);
  select_model_.reset();
  return model_rows_[handle];
}

Result<void> SqliteStore::put_state(const StateChange& change, const ModelTable& models) {
  const Result<std::int64_t> model = model_row(change.model, models);
  if (!model) return model.error();
  if (!change.value) {
    bind_all(delete_state_, change.observer, *model, std::string_view(change.key));
    return database_.run(delete_state_);
  }
  bind_all(put_state_, change.observer, *model, std::string_view(change.key),
           std::string_view(*change.value));
  return database_.run(put_state_);
}

/// That it has, or a new one.
Result<std::int64_t> SqliteStore::source_row(const KnownSource& source) {
  if (source.row != 0) return source.row;
  const auto added = run_once(
      database_,
      "INSERT INTO sources (path, device, inode, head_size, head_hash, tail_size, tail_hash, "
      "offset, lines, newline_due) VALUES ('', 0, 0, 0, 0, 0, 0, 0, 0, 0)");
  if (!added) return added.error();
  return database_.last_row();
}

Result<void> SqliteStore::put_source(const KnownSource& source, std::int64_t row) {
  const auto updated = run_once(
      database_,
      "UPDATE sources SET path = ?, device = ?, inode = ?, head_size = ?, head_hash = ?, "
      "tail_size = ?, tail_hash = ?, offset = ?, lines = ?, newline_due = ? WHERE n = ?",
      std::string_view(source.path), as_signed(source.device), as_signed(source.inode),
      as_signed(source.head.size), as_signed(source.head.hash), as_signed(source.tail.size),
      as_signed(source.tail.hash), as_signed(source.place.offset), as_signed(source.place.lines),
      std::int64_t{source.place.newline_due}, row);
  if (!updated) return updated;
  const auto cleared = run_once(database_, "DELETE FROM own_places WHERE source = ?", row);
  if (!cleared) return cleared;
  for (const auto& [observer, place] : source.own) {
    const auto put = run_once(database_, "INSERT INTO own_places VALUES (?, ?, ?, ?, ?)",
                              row, std::string_view(observer), as_signed(place.offset),
                              as_signed(place.lines), std::int64_t{place.newline_due});
    if (!put) return put;
  }
  return {};
}

/// What joins the store to the world: ends of jobs that the input tells, and the output.
Result<void> SqliteStore::put_outside(const Checkpoint& checkpoint) {
  for (const JobEnd& end : checkpoint.reported) {
    // The observers saw the event itself, and see it again when the input is read again: told = 2.
    const auto ended =
        run_once(database_,
                 "UPDATE jobs SET status = ?, note = ?, ended_ns = ?, told = 2, worker = '', "
                 "lease_until_ms = 0 WHERE id = ? AND status IN ('queued', 'claimed')",
                 std::string_view(end.status), std::string_view(end.note), end.at_ns,
                 std::string_view(end.job));
    if (!ended) return ended;
    if (database_.changes() > 0) note_ended(end.job);
  }
  if (checkpoint.output) {
    const auto put = run_once(
        database_,
        "INSERT INTO outputs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset",
        as_signed(checkpoint.output->device), as_signed(checkpoint.output->inode),
        as_signed(checkpoint.output->offset));
    if (!put) return put;
  }
  return run_once(
      database_,
      "INSERT INTO meta VALUES ('written', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      checkpoint.written);
}

Result<std::int64_t> SqliteStore::written() {
  const std::lock_guard lock(mutex_);
  return number_of(database_, "SELECT value FROM meta WHERE key = 'written'");
}

Result<std::vector<DueLine>> SqliteStore::unwritten(std::int64_t after, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<DueLine> lines;
  const auto asked = each_row_of(
      database_, "SELECT n, json FROM actions WHERE n > ? ORDER BY n LIMIT ?",
      [&](const Statement& row) {
        lines.push_back({row.integer(0), std::string(row.text(1))});
      },
      after, static_cast<std::int64_t>(limit));
  if (!asked) return asked.error();
  return lines;
}

Result<std::optional<OutputPlace>> SqliteStore::output_place(std::uint64_t device,
                                                             std::uint64_t inode) {
  const std::lock_guard lock(mutex_);
  std::optional<OutputPlace> place;
  const auto asked = each_row_of(
      database_, "SELECT offset FROM outputs WHERE device = ? AND inode = ?",
      [&](const Statement& row) {
        place = OutputPlace{device, inode, as_unsigned(row.integer(0))};
      },
      as_signed(device), as_signed(inode));
  if (!asked) return asked.error();
  return place;
}

Result<std::uint32_t> SqliteStore::endpoint_number(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::int64_t number = 0;
  const Result<void> done = transact([&]() -> Result<void> {
    const auto added = run_once(database_, "INSERT OR IGNORE INTO endpoints (name) VALUES (?)",
                                std::string_view(name));
    if (!added) return added;
    const auto found =
        number_of(database_, "SELECT n FROM endpoints WHERE name = ?", std::string_view(name));
    if (!found) return found.error();
    number = *found;
    return {};
  });
  if (!done) return done.error();
  return static_cast<std::uint32_t>(number);
}

Result<std::vector<OutboxItem>> SqliteStore::due(std::uint32_t endpoint, std::int64_t now_ms,
                                                 std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  std::vector<OutboxItem> items;
  bind_all(select_due_, std::int64_t{endpoint}, now_ms, static_cast<std::int64_t>(limit));
  const auto asked = each_row(select_due_, [&](const Statement& row) {
    items.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
                     static_cast<std::uint32_t>(row.integer(3)), row.integer(4)});
  });
  if (!asked) return asked.error();
  return items;
}

Result<std::optional<std::int64_t>> SqliteStore::next_due_ms(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  select_next_.bind(0, std::int64_t{endpoint});
  const Result<bool> row = select_next_.step();
  if (!row) return row.error();
  if (!*row) return std::optional<std::int64_t>();
  const std::int64_t due = select_next_.integer(0);
  select_next_.reset();
  return std::optional(due);
}

Result<void> SqliteStore::settle(const std::vector<Settlement>& settlements) {
  const std::lock_guard lock(mutex_);
  return transact([&]() -> Result<void> {
    for (const Settlement& settlement : settlements) {
      if (const auto recorded = record(settlement); !recorded) return recorded;
      died_ += settlement.status == Settlement::Status::kDead ? 1 : 0;
    }
    return {};
  });
}

/// What is delivered needs no row; the action itself stays known.
Result<void> SqliteStore::record(const Settlement& settlement) {
  if (has_requests_ && settlement.status == Settlement::Status::kDelivered) {
    if (const auto taken = request_taken(database_, settlement.row); !taken) return taken;
  }
  if (has_requests_ && settlement.status == Settlement::Status::kDead) {
    const Result<bool> failed = request_refused(database_, settlement.row,
                                                settlement.tried_ms * kNsPerMs, settlement.error);
    if (!failed) return failed.error();
    ended_here_ |= *failed;
  }
  const bool dead = settlement.status == Settlement::Status::kDead;
  if (dead && settlement.fallback != 0) {
    if (const auto fallen = fall_back(settlement); !fallen) return fallen;
  }
  if (has_alerts_ && settlement.status != Settlement::Status::kWaiting) {
    const auto told = alerts_->told(settlement.row, dead, settlement.tried_ms, settlement.error);
    if (!told) return told;
  }
  if (settlement.status == Settlement::Status::kDelivered) {
    if (settlement.poll_ms != 0) {
      const auto added = add_poll(database_, settlement.row, settlement.poll_ms);
      if (!added) return added;
    }
    delete_outbox_.bind(0, settlement.row);
    return database_.run(delete_outbox_);
  }
  bind_all(update_outbox_, static_cast<std::int64_t>(settlement.status), settlement.next_try_ms,
           std::string_view(settlement.error), settlement.tried_ms, settlement.row);
  return database_.run(update_outbox_);
}

/// Another endpoint gets what this one failed for good, unless it was told or is to be anyway.
Result<void> SqliteStore::fall_back(const Settlement& settlement) {
  return run_once(database_,
                  "INSERT INTO outbox (action, endpoint) SELECT o.action, ?2 FROM outbox o "
                  "WHERE o.n = ?1 AND o.renewal = 0 "
                  "AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.action = o.action AND "
                  "w.endpoint = ?2) AND NOT EXISTS (SELECT 1 FROM tellings t "
                  "WHERE t.action = o.action AND t.endpoint = ?2)",
                  settlement.row, std::int64_t{settlement.fallback});
}

Result<Pacing> SqliteStore::pacing(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  Pacing pacing;
  const auto asked = each_row_of(
      database_, "SELECT rests_until_ms, recent_ms, overflowed FROM endpoints WHERE n = ?",
      [&](const Statement& row) {
        pacing.rests_until_ms = row.integer(0);
        std::istringstream recent{std::string(row.text(1))};
        for (std::int64_t at = 0; recent >> at;) pacing.recent_ms.push_back(at);
        pacing.overflowed = row.integer(2);
      },
      std::int64_t{endpoint});
  if (!asked) return asked.error();
  return pacing;
}

Result<void> SqliteStore::set_pacing(std::uint32_t endpoint, const Pacing& pacing) {
  const std::lock_guard lock(mutex_);
  return transact([&] { return put_pacing(database_, endpoint, pacing); });
}

Result<std::vector<OutboxItem>> SqliteStore::due_polls(std::uint32_t endpoint, std::int64_t now_ms,
                                                       std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return mlmon::due_polls(database_, endpoint, now_ms, limit);
}

Result<std::optional<std::int64_t>> SqliteStore::next_poll_ms(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  return mlmon::next_poll_ms(database_, endpoint);
}

Result<void> SqliteStore::settle_polls(std::uint32_t endpoint,
                                       const std::vector<PollSettlement>& polls) {
  const std::lock_guard lock(mutex_);
  return transact([&]() -> Result<void> {
    for (const PollSettlement& poll : polls) {
      const Result<bool> ended = settle_poll(database_, endpoint, poll);
      if (!ended) return ended.error();
      ended_here_ |= *ended;
    }
    return {};
  });
}

/// Whatever is still needed keeps its text: what waits, dead letters, jobs, what is asked for.
Result<void> SqliteStore::prune(std::int64_t now_ns) {
  constexpr std::int64_t kDayNs = 86'400 * std::int64_t{1'000'000'000};
  constexpr std::int64_t kKeptDays = 7;
  constexpr std::int64_t kMostAtOnce = 200'000;
  const std::int64_t today = now_ns / kDayNs;
  const std::lock_guard lock(mutex_);
  return transact([&]() -> Result<void> {
    const auto noted =
        run_once(database_, "INSERT OR IGNORE INTO days VALUES (?, ?)", today, before_run_ + 1);
    if (!noted) return noted;
    const auto silences = prune_silences(database_, (now_ns - kKeptDays * kDayNs) / kNsPerMs);
    if (!silences) return silences;
    const auto from = number_of(database_, "SELECT value FROM meta WHERE key = 'pruned'");
    if (!from) return from.error();
    const auto end = number_of(database_, "SELECT max(first_action) FROM days WHERE day <= ?",
                               today - kKeptDays);
    if (!end) return end.error();
    const std::int64_t to = std::min(*end - 1, *from + kMostAtOnce);
    if (to <= *from) return {};
    const auto pruned =
        run_once(database_,
                 "UPDATE actions SET json = '' WHERE n > ?1 AND n <= ?2 "
                 "AND n NOT IN (SELECT action FROM outbox) AND n NOT IN (SELECT n FROM jobs) "
                 "AND n NOT IN (SELECT action FROM held) "
                 "AND n NOT IN (SELECT action FROM polls) "
                 "AND n NOT IN (SELECT began FROM alerts WHERE state IN ('firing', 'flapping')) "
                 "AND n NOT IN (SELECT newest FROM alerts WHERE state IN ('firing', 'flapping')) "
                 "AND n <= (SELECT value FROM meta WHERE key = 'written')",
                 *from, to);
    if (!pruned) return pruned;
    if (const auto alerts = alerts_->prune(to); !alerts) return alerts;
    const auto forgotten = run_once(database_,
                                    "DELETE FROM days WHERE day < (SELECT max(day) FROM days WHERE "
                                    "day <= ?)",
                                    today - kKeptDays);
    if (!forgotten) return forgotten;
    return run_once(
        database_,
        "INSERT INTO meta VALUES ('pruned', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        to);
  });
}

Result<OutboxTotals> SqliteStore::totals() {
  const std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  OutboxTotals totals;
  totals.died = died_;
  // Each action once, by the worst of its deliveries.
  const auto counted = each_row_of(
      database_,
      "SELECT worst, action > ?1, count(*) FROM "
      "(SELECT action, max(status) AS worst FROM outbox GROUP BY action) GROUP BY 1, 2",
      [&](const Statement& row) {
        const bool dead = row.integer(0) == static_cast<int>(Settlement::Status::kDead);
        const bool of_this_run = row.integer(1) != 0;
        const std::uint64_t count = as_unsigned(row.integer(2));
        if (of_this_run) {
          (dead ? totals.dead : totals.waiting) += count;
        } else if (!dead) {
          totals.waiting_from_before += count;
        }
      },
      before_run_);
  if (!counted) return counted.error();
  const auto queued = number_of(database_,
                                "SELECT count(*) FROM jobs WHERE n > ? AND external = 0 "
                                "AND n NOT IN (SELECT action FROM outbox)",
                                before_run_);
  if (!queued) return queued.error();
  totals.queued = as_unsigned(*queued);
  return totals;
}

Result<std::vector<std::pair<JobEnd, std::uint32_t>>> SqliteStore::untold_ends(ModelTable& models) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<JobEnd, std::uint32_t>> ends;
  const auto asked = each_row_of(
      database_,
      "SELECT j.id, j.status, j.note, j.ended_ns, m.name, m.version, m.deployed_s, m.deployed_ns "
      "FROM jobs j JOIN models m ON m.n = j.model "
      "WHERE j.told = 0 AND j.status IN ('done', 'failed', 'cancelled') ORDER BY j.n",
      [&](const Statement& row) {
        ends.emplace_back(JobEnd{std::string(row.text(0)), std::string(row.text(1)),
                                 std::string(row.text(2)), row.integer(3)},
                          model_in(row, 4, models));
        note_ended(row.text(0));
      });
  if (!asked) return asked.error();
  return ends;
}

Result<bool> SqliteStore::changed() {
  const std::lock_guard lock(mutex_);
  const auto version = number_of(database_, "PRAGMA data_version");
  if (!version) return version.error();
  const bool own = std::exchange(ended_here_, false);
  return std::exchange(data_version_, *version) != *version || own;
}

Result<bool> SqliteStore::has_ended(std::string_view job, bool in_replay) {
  if (const Result<bool> may_have = may_have_ended(job); !may_have || !*may_have) return may_have;
  const std::lock_guard lock(mutex_);
  bind_all(select_ended_, job, std::int64_t{in_replay});
  const Result<bool> row = select_ended_.step();
  if (row && *row) select_ended_.reset();
  return row;
}

/// False: it has not, as far as untold_ends() has seen. Observers ask at each request, and in a
/// storm must not wait for a commit each time.
Result<bool> SqliteStore::may_have_ended(std::string_view job) {
  {
    const std::lock_guard lock(ended_mutex_);
    if (ended_known_) return ended_.contains(hash_of(job));
    if (++ended_asked_ < kWorthKnowing) return true;
  }
  const std::lock_guard lock(mutex_);
  {
    const std::lock_guard ended_lock(ended_mutex_);
    if (ended_known_) return ended_.contains(hash_of(job));  // another observer has asked meanwhile
  }
  const auto asked =
      each_row_of(database_, "SELECT id FROM jobs WHERE status IN ('done', 'failed', 'cancelled')",
                  [&](const Statement& row) { note_ended(row.text(0)); });
  if (!asked) return asked.error();
  const std::lock_guard ended_lock(ended_mutex_);
  ended_known_ = true;
  return ended_.contains(hash_of(job));
}

void SqliteStore::note_ended(std::string_view job) {
  const std::lock_guard lock(ended_mutex_);
  ended_.insert(hash_of(job));
}

Result<std::vector<JournalEntry>> SqliteStore::journal() {
  const std::lock_guard lock(mutex_);
  return read_journal(database_);
}

Result<std::vector<ToldPlace>> SqliteStore::told_places(std::int64_t source_row) {
  const std::lock_guard lock(mutex_);
  return read_told_places(database_, source_row);
}

}  // namespace

Result<std::unique_ptr<Store>> open_temporary_store() {
  Result<Database> database = Database::open_temporary();
  if (!database) return database.error();
  if (const auto set = database->execute(kTemporaryPragmas); !set) return set.error();
  if (const auto made = create_schema(*database); !made) return made.error();
  return SqliteStore::open(std::move(*database), true);
}

Result<std::unique_ptr<Store>> open_copy_store(const std::string& folder) {
  Result<Database> database = Database::open_temporary();
  if (!database) return database.error();
  Result<Database> original = read_state_database(folder);
  if (!original) return original.error();
  if (const auto copied = database->copy_from(*original); !copied) return copied.error();
  if (const auto upgraded = upgrade_schema(*database); !upgraded) return upgraded.error();
  if (const auto set = database->execute(kTemporaryPragmas); !set) return set.error();
  return SqliteStore::open(std::move(*database), true);
}

Result<std::unique_ptr<Store>> open_state_store(const std::string& folder) {
  Result<Database> database = open_state_database(folder, true);
  if (!database) return database.error();
  return SqliteStore::open(std::move(*database), false);
}

}  // namespace mlmon
