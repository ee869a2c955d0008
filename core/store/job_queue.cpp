#include "core/store/job_queue.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/store/journal.h"
#include "core/store/query.h"
#include "core/store/transaction.h"
#include "core/text/glob.h"
#include "core/text/json_text.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

// A job as it is seen at ?1, ms since 1970. What was stored by a clock that was ahead is over: was_clock_ahead().
constexpr const char* kColumns =
    "SELECT j.n, j.id, "
    "CASE WHEN j.status = 'claimed' AND (j.lease_until_ms <= ?1 OR j.since_ms - 60000 > ?1) "
    "THEN 'queued' ELSE j.status END, "
    "m.name, m.version, m.deployed_s, m.deployed_ns, j.attempts, j.worker, j.lease_until_ms, "
    "j.note, a.json "
    "FROM jobs j JOIN models m ON m.n = j.model JOIN actions a ON a.n = j.n ";

Instant instant_of_ms(std::int64_t ms) {
  return {ms / 1000, static_cast<std::int32_t>(ms % 1000 * kNsPerMs)};
}

std::string member(const SortedJson& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A shell's arguments can be any bytes; what is stored is UTF-8.
std::string as_utf8(const std::string& text) {
  return SortedJson::parse(SortedJson(text).dump(-1, ' ', false, SortedJson::error_handler_t::replace))
      .get<std::string>();
}

void append_member(std::string& out, const char* name, std::string_view text) {
  out += fmt::format(",\"{}\":", name);
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

}  // namespace

/// What a change looks at.
struct JobQueue::Row {
  std::int64_t n = 0, model = 0;
  std::string status, worker;  // as stored
  std::int64_t lease_until_ms = 0;
  bool external = false;  // it went to another target than the queue

  bool ended() const { return status != "queued" && status != "claimed"; }
};

std::string job_json(const Job& job) {
  std::string out = "{\"job\":";
  append_json_string(out, job.id);
  append_member(out, "status", job.status);
  out += ",\"model\":{\"name\":";
  append_json_string(out, job.model);
  append_member(out, "version", job.version);
  append_member(out, "deployed_at", format_rfc3339(job.deployed_at));
  out += '}';
  append_member(out, "rule", job.rule);
  append_member(out, "reason", job.reason);
  append_member(out, "event_time", job.event_time);
  out += fmt::format(",\"attempts\":{}", job.attempts);
  append_member(out, "worker", job.worker);
  append_member(out, "lease_until", job.lease_until_ms == 0
                                        ? ""
                                        : format_rfc3339(instant_of_ms(job.lease_until_ms)));
  append_member(out, "note", job.note);
  return out + ",\"action\":" + job.action + "}";
}

JobQueue::JobQueue(Database database, const Clock& clock)
    : database_(std::move(database)), clock_(clock) {}

std::int64_t JobQueue::now_ms() const { return clock_.now_ns() / kNsPerMs; }

Job JobQueue::read(const Statement& select) const {
  Job job;
  job.id = select.text(1);
  job.status = select.text(2);
  job.model = select.text(3);
  job.version = select.text(4);
  job.deployed_at = {select.integer(5), static_cast<std::int32_t>(select.integer(6))};
  job.attempts = select.integer(7);
  if (job.status != "queued") job.worker = select.text(8);
  if (job.status == "claimed") job.lease_until_ms = select.integer(9);
  job.note = select.text(10);
  job.action = select.text(11);
  const SortedJson action = SortedJson::parse(job.action, nullptr, false);
  if (action.is_discarded()) job.action = "null";
  job.rule = member(action, "rule");
  job.reason = member(action, "reason");
  job.event_time = member(action, "event_time");
  return job;
}

Result<void> JobQueue::list(const JobFilter& filter, const std::function<bool(const Job&)>& visit) {
  Result<Statement> select = database_.prepare(
      (std::string(kColumns) + "WHERE j.n > ?2 ORDER BY j.n LIMIT ?3").c_str());
  if (!select) return select.error();
  const auto wanted = [&](const Statement& row) {
    return (filter.status.empty() || row.text(2) == filter.status) &&
           (filter.model.empty() || glob_matches(filter.model, row.text(3)));
  };
  constexpr std::int64_t kAtOnce = 256;
  std::int64_t last = 0;
  for (std::int64_t rows = kAtOnce; rows == kAtOnce;) {
    bind_all(*select, now_ms(), last, kAtOnce);
    std::vector<Job> jobs;
    rows = 0;
    const auto asked = each_row(*select, [&](const Statement& row) {
      ++rows;
      last = row.integer(0);
      if (wanted(row)) jobs.push_back(read(row));
    });
    if (!asked) return asked;
    for (const Job& job : jobs) {
      if (!visit(job)) return {};
    }
  }
  return {};
}

Result<Job> JobQueue::show(const std::string& id) {
  Result<Statement> select = database_.prepare((std::string(kColumns) + "WHERE j.id = ?2").c_str());
  if (!select) return select.error();
  select->bind(0, now_ms());
  select->bind(1, std::string_view(id));
  const Result<bool> row = select->step();
  if (!row) return row.error();
  if (!*row) return Error{"there is no job " + id};
  return read(*select);
}

/// The row that claim() is to take; 0: none.
Result<std::int64_t> JobQueue::next(const std::string& model) {
  // Both halves come from the index on (status, n) in order, and are merged as they are read.
  if (database_.is_postgres()) return next_unlocked(model);
  Result<Statement> select = database_.prepare(
      "SELECT j.n, m.name FROM jobs j CROSS JOIN models m ON m.n = j.model "
      "WHERE j.status = 'queued' AND j.external = 0 AND (j.not_before_ms <= ?1 OR j.since_ms - 60000 > ?1) "
      "UNION ALL "
      "SELECT j.n, m.name FROM jobs j CROSS JOIN models m ON m.n = j.model "
      "WHERE j.status = 'claimed' AND (j.lease_until_ms <= ?1 OR j.since_ms - 60000 > ?1) ORDER BY 1");
  if (!select) return select.error();
  select->bind(0, now_ms());
  for (;;) {
    const Result<bool> row = select->step();
    if (!row) return row.error();
    if (!*row) return std::int64_t{0};
    if (model.empty() || glob_matches(model, select->text(1))) return select->integer(0);
  }
}

/// The same where others claim at the same time: the first that nobody has locked, which is locked by that.
Result<std::int64_t> JobQueue::next_unlocked(const std::string& model) {
  constexpr std::int64_t kAtOnce = 100;
  constexpr const char* kClaimable =
      "(j.status = 'queued' AND (j.not_before_ms <= ?1 OR j.since_ms - 60000 > ?1) OR "
      "j.status = 'claimed' AND (j.lease_until_ms <= ?1 OR j.since_ms - 60000 > ?1)) ";
  const std::string some = std::string("SELECT j.n, m.name FROM jobs j JOIN models m ON m.n = j.model WHERE ") +
                           "j.status IN ('queued', 'claimed') AND j.external = 0 AND j.n > ?2 AND " + kClaimable + "ORDER BY j.n LIMIT ?3";
  const std::string lock = std::string("SELECT j.n FROM jobs j WHERE j.n = ?2 AND ") + kClaimable +
                           for_update(database_, "SKIP LOCKED");
  const std::int64_t now = now_ms();
  for (std::int64_t last = 0;;) {
    std::vector<std::int64_t> wanted;
    std::int64_t count = 0;
    const auto asked = each_row_of(
        database_, some.c_str(),
        [&](const Statement& row) {
          ++count;
          last = row.integer(0);
          if (model.empty() || glob_matches(model, row.text(1))) wanted.push_back(last);
        },
        now, last, kAtOnce);
    if (!asked) return asked.error();
    for (const std::int64_t n : wanted) {
      const auto locked = number_of(database_, lock.c_str(), now, n);
      if (!locked || *locked != 0) return locked;
    }
    if (count < kAtOnce) return std::int64_t{0};
  }
}

Result<std::optional<Job>> JobQueue::claim(const std::string& model, const std::string& worker,
                                           std::int64_t lease_ns) {
  std::optional<Job> claimed;
  const auto done = in_row_transaction(database_, [&]() -> Result<void> {
    claimed.reset();
    const Result<std::int64_t> n = next(model);
    if (!n) return n.error();
    if (*n == 0) return {};
    const std::string name = as_utf8(worker);
    const std::int64_t now = now_ms();
    const auto taken = run_once(database_,
                                "UPDATE jobs SET status = 'claimed', worker = ?, since_ms = ?, "
                                "lease_until_ms = ?, attempts = attempts + 1 WHERE n = ?",
                                std::string_view(name), now, now + lease_ns / kNsPerMs, *n);
    if (!taken) return taken;
    Result<Statement> select =
        database_.prepare((std::string(kColumns) + "WHERE j.n = ?2").c_str());
    if (!select) return select.error();
    select->bind(0, now - 1);  // claimed, however short the lease
    select->bind(1, *n);
    const Result<bool> row = select->step();
    if (!row) return row.error();
    claimed = read(*select);
    return {};
  });
  if (!done) return done.error();
  return claimed;
}

Result<JobQueue::Row> JobQueue::find(const std::string& id) {
  Result<Statement> select = database_.prepare(
      "SELECT n, model, status, worker, lease_until_ms, external FROM jobs WHERE id = ?" + for_update(database_));
  if (!select) return select.error();
  select->bind(0, std::string_view(id));
  const Result<bool> row = select->step();
  if (!row) return row.error();
  if (!*row) return Error{"there is no job " + id};
  return Row{select->integer(0), select->integer(1), std::string(select->text(2)),
             std::string(select->text(3)), select->integer(4), select->integer(5) != 0};
}

/// A job that has not ended, for its worker if one is given.
Result<JobQueue::Row> JobQueue::find_held(const std::string& id,
                                          const std::optional<std::string>& worker) {
  Result<Row> row = find(id);
  if (!row) return row;
  if (row->ended()) return Error{fmt::format("job {} is {} already", id, row->status)};
  if (!worker) return row;
  const std::string name = as_utf8(*worker);
  if (row->status == "queued") {
    return Error{fmt::format("job {} is queued, {} does not hold it", id, name)};
  }
  if (row->worker == name) return row;
  const std::string until = format_rfc3339(instant_of_ms(row->lease_until_ms));
  return Error{fmt::format("job {} was claimed by {} until {}, {} does not hold it", id,
                           row->worker, until, name)};
}

Result<void> JobQueue::renew(const std::string& id, std::int64_t lease_ns,
                             const std::optional<std::string>& worker) {
  return in_row_transaction(database_, [&]() -> Result<void> {
    const Result<Row> row = find_held(id, worker);
    if (!row) return row.error();
    if (row->status == "queued") {
      return Error{fmt::format("job {} is queued: there is no lease to renew", id)};
    }
    const std::int64_t now = now_ms();
    return run_once(database_, "UPDATE jobs SET since_ms = ?, lease_until_ms = ? WHERE n = ?", now,
                    now + lease_ns / kNsPerMs, row->n);
  });
}

Result<void> JobQueue::close(const std::string& id, const std::string& status,
                             const std::string& note, const std::optional<std::string>& worker) {
  return in_row_transaction(database_, [&]() -> Result<void> {
    const Result<Row> row = find_held(id, worker);
    if (!row) return row.error();
    const std::string text = as_utf8(note);
    // A run may just have told the end of the try before a retry, or the retry: this is another change.
    return run_once(database_,
                    "UPDATE jobs SET status = ?1, note = ?2, lease_until_ms = 0, " MLMON_CHANGED_AT(3)
                    ", told = 0 WHERE n = ?4",
                    std::string_view(status), std::string_view(text), clock_.now_ns(), row->n);
  });
}

Result<void> JobQueue::give_back(const std::string& id, std::int64_t delay_ns,
                                 const std::string& worker) {
  return in_row_transaction(database_, [&]() -> Result<void> {
    const Result<Row> row = find_held(id, worker);
    if (!row) return row.error();
    const std::int64_t now = now_ms();
    return run_once(database_,
                    "UPDATE jobs SET status = 'queued', worker = '', lease_until_ms = 0, "
                    "since_ms = ?, not_before_ms = ? WHERE n = ?",
                    now, now + delay_ns / kNsPerMs, row->n);
  });
}

Result<void> JobQueue::retry(const std::string& id) {
  return in_transaction(database_, [&]() -> Result<void> {
    const Result<Row> row = find(id);
    if (!row) return row.error();
    if (row->status != "failed" && row->status != "cancelled") {
      return Error{fmt::format("job {} is {}: only one that failed or was cancelled can be retried",
                               id, row->status)};
    }
    if (row->external) {
      return Error{fmt::format("job {} went to targets of its own and not to the queue: mlmon outbox "
                               "retry {} tries them again", id, id)};
    }
    Result<Statement> other = database_.prepare(
        "SELECT id, n FROM jobs WHERE status IN ('queued', 'claimed') AND n <> ? AND model = ? "
        "ORDER BY n DESC LIMIT 1");
    if (!other) return other.error();
    other->bind(0, row->n);
    other->bind(1, row->model);
    const Result<bool> found = other->step();
    if (!found) return found.error();
    if (*found) {
      return Error{fmt::format("job {} stays {}: {} one of its model is open, {}", id, row->status,
                               other->integer(1) > row->n ? "a newer" : "an older", other->text(0))};
    }
    // Observers that have not heard of its end take it for open.
    return run_once(database_,
                    "UPDATE jobs SET status = 'queued', worker = '', not_before_ms = 0, note = '', "
                    MLMON_CHANGED_AT(1) ", told = CASE told WHEN 0 THEN 0 ELSE 3 END WHERE n = ?2",
                    clock_.now_ns(), row->n);
  });
}

Result<bool> JobQueue::holds(const std::string& id, const std::string& worker) {
  const Result<Row> row = find(id);
  if (!row) return row.error();
  return row->status == "claimed" && row->worker == as_utf8(worker);
}

}  // namespace mlmon
