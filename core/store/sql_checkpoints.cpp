#include "core/store/sql_store.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/by_handle.h"
#include "core/store/journal.h"
#include "core/store/query.h"
#include "core/store/retention.h"
#include "core/store/requests.h"
#include "core/store/silences.h"
#include "core/store/source_rows.h"
#include "core/time_units.h"

// What the pipeline commits, and what it goes on with.

namespace mlmon {
Result<std::vector<KnownSource>> SqlStore::sources_like(const Fingerprint& head) {
  const std::lock_guard lock(mutex_);
  return read_sources_like(database_, head);
}

Result<std::vector<std::uint64_t>> SqlStore::head_sizes() {
  const std::lock_guard lock(mutex_);
  return read_head_sizes(database_);
}

Result<std::vector<KnownSource>> SqlStore::sources_beginning_with(std::string_view text) {
  const std::lock_guard lock(mutex_);
  return read_sources_beginning_with(database_, text);
}

Result<std::vector<KnownSource>> SqlStore::named_sources() {
  const std::lock_guard lock(mutex_);
  return read_named_sources(database_);
}

Result<void> SqlStore::rename_source(std::int64_t row, std::string_view path) {
  const std::lock_guard lock(mutex_);
  return transact([&] {
    return run_once(database_, "UPDATE sources SET path = ? WHERE n = ?", Bytes{path}, row);
  });
}

Result<void> SqlStore::load_state(
    const std::string& observer, ModelTable& models, std::int64_t partition,
    const std::function<void(std::uint32_t, std::string_view, std::string_view)>& visit) {
  const std::lock_guard lock(mutex_);
  // What is kept for a partition stands under its row, below zero. Where a model is at home may not be known yet.
  return each_row_of(
      database_,
      "SELECT s.key, s.value, m.name, m.version, m.deployed_s, m.deployed_ns, s.model "
      "FROM state s LEFT JOIN models m ON m.n = s.model WHERE s.observer = ?1 AND "
      "(CASE ?2 WHEN 0 THEN s.model >= 0 ELSE s.model = -?2 OR m.home IN (0, ?2) END)",
      [&](const Statement& row) {
        visit(row.integer(6) > 0 ? model_in(row, 2, models) : 0, row.text(0), row.text(1));
      },
      std::string_view(observer), partition);
}

Result<void> SqlStore::load_newest(
    ModelTable& models, std::int64_t partition,
    const std::function<void(std::uint32_t, std::int64_t, std::int64_t)>& visit) {
  const std::lock_guard lock(mutex_);
  return each_row_of(database_,
                     "SELECT m.name, m.version, m.deployed_s, m.deployed_ns, s.metrics_ns, s.drift_ns "
                     "FROM sightings s JOIN models m ON m.n = s.model WHERE ?1 = 0 OR m.home IN (0, ?1)",
                     [&](const Statement& row) {
                       visit(model_in(row, 0, models), row.integer(4), row.integer(5));
                     },
                     partition);
}

Result<std::vector<ClaimedPartition>> SqlStore::claim(const std::vector<KnownSource>& partitions) {
  const std::lock_guard lock(mutex_);
  std::vector<ClaimedPartition> claimed;
  const auto done = transact([&]() -> Result<void> {
    auto taken = claims_->claim(partitions);
    if (!taken) return taken.error();
    claimed = std::move(*taken);
    return {};
  });
  if (!done) return done.error();
  claims_->committed();
  // Jobs of their models may have ended in the hands of another run.
  const std::lock_guard ended_lock(ended_mutex_);
  ended_known_ = false;
  ended_asked_ = 0;
  return claimed;
}

Result<void> SqlStore::let_go(const std::vector<std::int64_t>& rows, std::int64_t written) {
  const std::lock_guard lock(mutex_);
  const auto done = transact([&] { return claims_->let_go(rows, written); });
  if (done) claims_->committed();
  return done;
}

Result<Committed> SqlStore::commit(const Checkpoint& checkpoint, const ModelTable& models) {
  const std::lock_guard lock(mutex_);
  if (const auto there = check_place(); !there) return there.error();
  Committed committed;
  const Result<void> done =
      transact([&]() -> Result<void> { return write_all(checkpoint, models, committed); });
  if (!committed.lost.empty()) return Committed{{}, 0, {}, std::move(committed.lost)};
  if (!done) return done.error();
  return committed;
}

Result<void> SqlStore::write_all(const Checkpoint& checkpoint, const ModelTable& models,
                                 Committed& committed) {
  committed = {};
  if (claims_) {
    auto lost = claims_->hold(checkpoint.written);
    if (!lost) return lost.error();
    committed.lost = std::move(*lost);
    if (!committed.lost.empty()) return Error{"another run has claimed a partition of this one"};
  }
  for (const auto* writer : {&outbox_, &held_, &jobs_, &actions_, &models_, &state_}) {
    if (*writer != nullptr) (*writer)->begin();
  }
  alerts_->begin(), sightings_->begin(), totals_->begin();
  if (const auto learned = learn_models(checkpoint, models); !learned) return learned;
  if (const auto added = add_actions(checkpoint, models, committed); !added) return added;
  if (const auto emptied = empty_state(checkpoint, models); !emptied) return emptied;
  if (const auto put = put_state(checkpoint, models); !put) return put;
  for (const Sighting& sighting : checkpoint.sightings) {
    const Result<std::int64_t> row = model_row(sighting.model, models);
    if (!row) return row.error();
    if (const auto put = sightings_->add(sighting, *row); !put) return put;
  }
  for (const Total& total : checkpoint.totals) {
    const auto added = totals_->add(total.name, total.first, total.second, total.more);
    if (!added) return added;
  }
  if (const auto flushed = flush(); !flushed) return flushed;
  for (const KnownSource& source : checkpoint.sources) {
    const Result<std::int64_t> row = source_row(database_, source);
    if (!row) return row.error();
    committed.rows.push_back(*row);
  }
  if (const auto told = put_told(database_, checkpoint.told, committed.rows); !told) return told;
  if (!checkpoint.told.empty()) ended_here_ = true;  // a job may have been put back since: that is to be told
  if (const auto put = put_homes(checkpoint, models, committed); !put) return put;
  if (const auto put = put_sources(database_, checkpoint.sources, committed.rows); !put) return put;
  if (const auto put = put_ends(checkpoint, models, committed); !put) return put;
  return put_outside(checkpoint);
}

/// Of the models that begin anew.
Result<void> SqlStore::empty_state(const Checkpoint& checkpoint, const ModelTable& models) {
  if (checkpoint.begun_anew.empty()) return {};
  Result<Statement> gone = database_.prepare("DELETE FROM state WHERE observer = ? AND model = ?");
  if (!gone) return gone.error();
  for (const std::uint32_t handle : checkpoint.begun_anew) {
    const Result<std::int64_t> row = model_row(handle, models);
    if (!row) return row.error();
    for (const std::string& observer : checkpoint.observers) {
      bind_all(*gone, std::string_view(observer), *row);
      if (const auto done = database_.run(*gone); !done) return done;
    }
  }
  return {};
}

/// In which partition of a log each model was seen first.
Result<void> SqlStore::put_homes(const Checkpoint& checkpoint, const ModelTable& models, const Committed& committed) {
  homes_->begin();
  for (const ModelHome& home : checkpoint.homes) {
    const Result<std::int64_t> row = model_row(home.model, models);
    if (!row) return row.error();
    if (const auto put = homes_->add(*row, committed.rows[home.source]); !put) return put;
  }
  return homes_->flush();
}

/// What was gathered to be written at once.
Result<void> SqlStore::flush() {
  for (const auto* writer : {&outbox_, &held_, &jobs_}) {
    if (const auto flushed = (*writer)->flush(); !flushed) return flushed;
  }
  if (const auto flushed = alerts_->flush(); !flushed) return flushed;
  if (const auto flushed = sightings_->flush(); !flushed) return flushed;
  return totals_->flush();
}

/// PostgreSQL: the rows of all models that the checkpoint is about, by one statement.
Result<void> SqlStore::learn_models(const Checkpoint& checkpoint, const ModelTable& models) {
  if (models_ == nullptr) return {};
  std::vector<std::uint32_t> handles = checkpoint.begun_anew;
  for (const NewAction& action : checkpoint.actions) {
    if (action.alert != nullptr || action.job || action.request) handles.push_back(action.model);
  }
  for (const StateChange& change : checkpoint.state) handles.push_back(change.model);
  for (const Sighting& sighting : checkpoint.sightings) handles.push_back(sighting.model);
  for (const ModelHome& home : checkpoint.homes) handles.push_back(home.model);
  std::sort(handles.begin(), handles.end());
  handles.erase(std::unique(handles.begin(), handles.end()), handles.end());
  for (const std::uint32_t handle : handles) {
    if (handle == 0 || (handle < model_rows_.size() && model_rows_[handle] != 0)) continue;
    const Model& model = models.at(handle);
    const auto added =
        models_->add(std::int64_t{handle}, std::string_view(model.name), std::string_view(model.version),
                     model.deployed_at.seconds, std::int64_t{model.deployed_at.nanos});
    if (!added) return added;
  }
  if (!handles.empty() && handles.back() >= model_rows_.size()) model_rows_.resize(handles.back() + 1);
  return models_->flush([this](const PreparedStatement& row) {
    model_rows_[static_cast<std::size_t>(row.integer(0))] = row.integer(1);
  });
}

/// Numbers in the store; 0: the id was known.
Result<void> SqlStore::number_actions(const Checkpoint& checkpoint, std::vector<std::int64_t>& numbers) {
  const std::vector<NewAction>& actions = checkpoint.actions;
  numbers.assign(actions.size(), 0);
  std::size_t at = 0;  // those that are new come in order
  const auto is_new = [&](const auto& row) {
    while (at < actions.size() && actions[at].id != row.text(1)) ++at;
    if (at < actions.size()) numbers[at++] = row.integer(0);
  };
  if (database_.is_postgres()) {
    for (const NewAction& action : actions) {
      if (const auto added = actions_->add(action.id, action.json, action.partition); !added) return added;
    }
    return actions_->flush(is_new);
  }
  if (actions.empty()) return {};
  const auto last = number_of(database_, "SELECT coalesce(max(n), 0) FROM actions");
  if (!last) return last.error();
  for (const NewAction& action : actions) {
    const auto added = actions_->add(action.id, keeps_text(action) ? action.json : std::string_view());
    if (!added) return added;
  }
  if (const auto flushed = actions_->flush(); !flushed) return flushed;
  return each_row_of(database_, "SELECT n, id FROM actions WHERE n > ? ORDER BY n", is_new, *last);
}

Result<void> SqlStore::add_actions(const Checkpoint& checkpoint, const ModelTable& models, Committed& committed) {
  std::vector<std::int64_t> numbers;
  if (const auto numbered = number_actions(checkpoint, numbers); !numbered) return numbered;
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> fresh;  // by observer and type
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const NewAction& action = checkpoint.actions[i];
    committed.fresh.push_back(numbers[i] != 0);
    if (numbers[i] == 0) continue;
    if (const auto added = add(action, numbers[i], models, checkpoint.now_ms); !added) return added;
    committed.last = numbers[i];
    // One of a transaction that fails is nobody's.
    if (run_ != 0) added_.add(numbers[i]);
    ++fresh[{action.observer, action.type}];
  }
  for (const auto& [of, count] : fresh) {
    if (const auto added = totals_->add("actions", of.first, of.second, count); !added) return added;
  }
  return {};
}

/// What becomes of an action that is new.
Result<void> SqlStore::add(const NewAction& action, std::int64_t row, const ModelTable& models,
                           std::int64_t now_ms) {
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
    if (const auto added = jobs_->add(row, action.id, *model); !added) return added;
  }
  return {};
}

/// The tellings of an alert that nobody is to be told of are recorded, and not made.
Result<void> SqlStore::add_deliveries(const NewAction& action, std::int64_t row,
                                         const ModelTable& models, std::int64_t now_ms) {
  std::string held_back;
  if (action.alert != nullptr) {
    const Result<std::int64_t> model = model_row(action.model, models);
    if (!model) return model.error();
    if (const auto noted = alerts_->changed(row, *model, action.observer, *action.alert); !noted) return noted;
    held_back = action.alert->suppressed;
    has_alerts_ = true;
    if (held_back.empty() && action.backlog == Backlog::kNone) held_back = "--backlog none";
  }
  for (std::size_t i = 0; i < action.endpoints.size(); ++i) {
    const Grouping grouping = i < action.grouping.size() ? action.grouping[i] : Grouping{};
    const std::int64_t endpoint = action.endpoints[i];
    Result<void> put;
    if (!held_back.empty() || (action.alert != nullptr && action.backlog == Backlog::kFinal)) tellings_.note_held();
    if (!held_back.empty()) {
      put = alerts_->suppressed(row, endpoint, now_ms, held_back);
    } else if (action.alert != nullptr && action.backlog == Backlog::kFinal) {
      put = held_->add(row, endpoint, grouping.group, now_ms);
    } else if (!needs_no_row(action, i)) {
      put = outbox_->add(row, endpoint, grouping.group, grouping.from_ms);
    } else if (!fresh_.add(action.endpoints[i], row, action.id, action.json)) {
      put = put_fresh(row, endpoint, action.json);
    }
    if (!put) return put;
  }
  return {};
}

/// What is kept about the delivery ends with the process, and nobody looks for it but its endpoint.
bool SqlStore::needs_no_row(const NewAction& action, std::size_t endpoint) const {
  if (!temporary_ || action.request || action.alert != nullptr || endpoint >= action.grouping.size()) return false;
  const Grouping& grouping = action.grouping[endpoint];
  return grouping.alone && grouping.group == 0 && grouping.from_ms == 0;
}

/// Else only those ask for it who hold it in memory.
bool SqlStore::keeps_text(const NewAction& action) const {
  if (!temporary_ || action.alert != nullptr) return true;
  for (std::size_t i = 0; i < action.endpoints.size(); ++i) {
    if (!needs_no_row(action, i)) return true;
  }
  return false;
}

/// A delivery that was to need no row.
Result<void> SqlStore::put_fresh(std::int64_t action, std::int64_t endpoint, std::string_view json) {
  const auto kept = run_once(database_, "UPDATE actions SET json = ? WHERE n = ?", json, action);
  if (!kept) return kept;
  return run_once(database_, "INSERT INTO outbox (action, endpoint) VALUES (?, ?)", action, endpoint);
}

Result<std::int64_t> SqlStore::model_row(std::uint32_t handle, const ModelTable& models) {
  if (handle == 0) return std::int64_t{0};
  if (const std::int64_t known = by_handle(model_rows_, handle); known != 0) return known;
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

Result<void> SqlStore::put_state(const Checkpoint& checkpoint, const ModelTable& models) {
  for (const StateChange& change : checkpoint.state) {
    const Result<std::int64_t> model =
        change.model == 0 ? Result<std::int64_t>(-change.partition) : model_row(change.model, models);
    if (!model) return model.error();
    if (const auto put = put_change(change, *model); !put) return put;
  }
  return state_ != nullptr ? state_->flush() : Result<void>();
}

Result<void> SqlStore::put_change(const StateChange& change, std::int64_t model) {
  if (state_ != nullptr) {
    const std::string_view value = change.value ? std::string_view(*change.value) : std::string_view();
    return state_->add(change.observer, model, Bytes{change.key}, Bytes{value}, std::int64_t{change.value.has_value()});
  }
  if (!change.value) {
    bind_all(delete_state_, change.observer, model, Bytes{change.key});
    return database_.run(delete_state_);
  }
  bind_all(put_state_, change.observer, model, Bytes{change.key}, Bytes{*change.value});
  return database_.run(put_state_);
}

/// Ends of jobs that the input tells. One that stands before its own request is of no job that is known.
Result<void> SqlStore::put_ends(const Checkpoint& checkpoint, const ModelTable& models, const Committed& committed) {
  std::unordered_map<std::string_view, std::size_t> requested;  // in this checkpoint, and its index
  for (std::size_t i = 0; i < checkpoint.actions.size() && !checkpoint.reported.empty(); ++i) {
    if (committed.fresh[i] && checkpoint.actions[i].request) requested.emplace(checkpoint.actions[i].id, i);
  }
  for (const ReportedEnd& told : checkpoint.reported) {
    const auto request = requested.find(told.end.job);
    if (request != requested.end() && request->second >= told.actions) continue;
    const Result<std::int64_t> action = action_of(told.end.job);
    if (!action) return action.error();
    if (*action == 0) continue;
    const Result<std::int64_t> model = model_row(told.model, models);
    if (!model) return model.error();
    const Result<bool> ended = request_ended(database_, *action, told.end, *model);
    if (!ended) return ended.error();
    if (!*ended) continue;
    note_ended(told.end.job);
    ended_here_ = true;
  }
  return {};
}

/// What joins the store to the world: the output.
Result<void> SqlStore::put_outside(const Checkpoint& checkpoint) {
  if (checkpoint.output) {
    const auto put = run_once(
        database_,
        "INSERT INTO outputs VALUES (?, ?, ?) ON CONFLICT (device, inode) DO UPDATE SET offset = excluded.offset",
        as_signed(checkpoint.output->device), as_signed(checkpoint.output->inode),
        as_signed(checkpoint.output->offset));
    if (!put) return put;
  }
  if (run_ != 0) return {};  // PartitionClaims::hold() has noted it
  return run_once(
      database_,
      "INSERT INTO meta VALUES ('written', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      checkpoint.written);
}

Result<std::int64_t> SqlStore::written() {
  const std::lock_guard lock(mutex_);
  return number_of(database_, "SELECT value FROM meta WHERE key = 'written'");
}

Result<std::vector<DueLine>> SqlStore::unwritten(std::int64_t after, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<DueLine> lines;
  const auto asked = each_row_of(
      database_,
      "SELECT n, json FROM actions WHERE n > ? AND (home = 0 OR n > "
      "coalesce((SELECT s.written FROM sources s WHERE s.n = actions.home), 0)) ORDER BY n LIMIT ?",
      [&](const Statement& row) {
        lines.push_back({row.integer(0), std::string(row.text(1))});
      },
      after, static_cast<std::int64_t>(limit));
  if (!asked) return asked.error();
  return lines;
}

Result<std::optional<OutputPlace>> SqlStore::output_place(std::uint64_t device,
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

Result<void> SqlStore::prune(std::int64_t now_ns) {
  constexpr std::int64_t kMostAtOnce = 200'000;
  const std::int64_t now_ms = now_ns / kNsPerMs, today = now_ms / kMsPerDay;
  const std::lock_guard lock(mutex_);
  return transact([&]() -> Result<void> {
    const auto noted =
        run_once(database_, "INSERT INTO days VALUES (?, ?) ON CONFLICT DO NOTHING", today, before_run_ + 1);
    if (!noted) return noted;
    const auto silences = prune_silences(database_, now_ms - kKeptDays * kMsPerDay);
    if (!silences) return silences;
    const auto from = number_of(database_, "SELECT value FROM meta WHERE key = 'pruned'");
    if (!from) return from.error();
    const auto last = last_action_before(database_, now_ms, kKeptDays);
    if (!last) return last.error();
    const std::int64_t to = std::min(*last, *from + kMostAtOnce);
    if (to <= *from) return {};
    if (const auto pruned = prune_actions(database_, *from, to); !pruned) return pruned.error();
    const auto forgotten = run_once(database_,
                                    "DELETE FROM days WHERE day < (SELECT max(day) FROM days WHERE "
                                    "day <= ?)",
                                    today - kKeptDays);
    if (!forgotten) return forgotten;
    return run_once(
        database_,
        "INSERT INTO meta VALUES ('pruned', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        to);
  });
}

Result<StateFigures> SqlStore::figures(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  return read_figures(database_, now_ms);
}

}  // namespace mlmon
