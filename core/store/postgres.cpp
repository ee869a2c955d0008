#include "core/store/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "core/store/back_off.h"
#include "core/store/postgres_dialect.h"
#include "core/store/postgres_statement.h"
#include "core/text/quantity.h"
#include "core/text/url_password.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

// What writers wait for each other by; the second key is the schema's.
#define MLMON_WRITE_LOCK "1835822455, hashtext(current_schema())"

/// Several lines of the server's or the library's as one.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos;) {
    const std::size_t end = std::min(text.find_first_not_of("\n\t ", at), text.size());
    text.replace(at, end - at, "; ");
  }
  return text;
}

}  // namespace

Result<void> check_postgres_url(const std::string& url) {
  // libpq takes all up to the first @ for user and password, unless a slash comes before it.
  std::string_view rest = std::string_view(url).substr(url.find("://") + 3);
  const std::size_t end = std::min(rest.find_first_of("@/"), rest.size());
  if (rest.substr(end).starts_with('@')) rest.remove_prefix(end + 1);
  if (rest.substr(0, rest.find('?')).find('@') != rest.npos) {
    return Error{"expected postgresql://[USER@]HOST[:PORT]/DATABASE[?options], in which an @ of a name or a "
                 "password is written %40 and a / %2F"};
  }
  // What libpq says of one that it cannot read can hold a part of the password.
  PQconninfoOption* const parts = PQconninfoParse(url.c_str(), nullptr);
  if (parts == nullptr) {
    return Error{"is not a URL of PostgreSQL: expected postgresql://[USER@]HOST[:PORT]/DATABASE[?options]"};
  }
  PQconninfoFree(parts);
  return {};
}

void PostgresConnection::Freed::operator()(pg_result* result) const { PQclear(result); }

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& url,
                                                                     PostgresOptions options) {
  if (const auto checked = check_postgres_url(url); !checked) return checked.error();
  auto connection = std::make_unique<PostgresConnection>(url, std::move(options));
  if (const auto connected = connection->connect_first(); !connected) return connected.error();
  return connection;
}

PostgresConnection::PostgresConnection(std::string url, PostgresOptions options)
    : url_(std::move(url)), name_(without_url_passwords(url_)), options_(std::move(options)) {}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

bool PostgresConnection::is_broken() const { return PQstatus(connection_) != CONNECTION_OK; }

Error PostgresConnection::broken_error() const {
  if (connection_ == nullptr) return {name_ + ": out of memory"};
  if (silent_) return {fmt::format("{}: no answer for {}", name_, format_duration(options_.answer_ns))};
  return {name_ + ": " + one_line(PQerrorMessage(connection_))};
}

Error PostgresConnection::error_in(const pg_result* answer) {
  const char* const state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  const char* const text = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr || text == nullptr) return broken_error();
  const std::string_view code = state;
  // https://www.postgresql.org/docs/15/errcodes-appendix.html: no room, too many connections, one of two that wait
  // for each other, or that wait too long.
  passing_ = code.starts_with("53") || code.starts_with("40") || code == "55P03" || code == "57P03";
  Error error{name_ + ": " + one_line(text)};
  for (const int more : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT}) {
    if (const char* const said = PQresultErrorField(answer, more)) error.text += "; " + one_line(said);
  }
  return error;
}

/// A run does so from when it is the one run.
bool PostgresConnection::tries_again() const {
  return options_.retry_ns > 0 && !connecting_ && (holds_lock_ || !options_.is_run);
}

Result<void> PostgresConnection::send_prepared(const std::string& sql, const PostgresValues& values) {
  const PostgresValues::Raw raw = values.raw();
  const auto count = static_cast<int>(raw.values.size());
  const std::string key = sql + values.signature();
  auto known = prepared_.find(key);
  if (known == prepared_.end()) {
    known = prepared_.emplace(key, "m" + std::to_string(++names_)).first;
    if (PQsendPrepare(connection_, known->second.c_str(), sql.c_str(), count, raw.types.data()) != 1) {
      return broken_error();
    }
    sent_.push_back({key});
  }
  if (PQsendQueryPrepared(connection_, known->second.c_str(), count, raw.values.data(), raw.lengths.data(),
                          raw.formats.data(), 1) != 1) {
    return broken_error();
  }
  sent_.push_back({});
  return {};
}

/// Returns once PQgetResult() need not wait. What stands between this and the server can take what is sent and answer
/// nothing for ever; the kernel, whose limits connect() sets, sees only as far as that.
void PostgresConnection::wait_for_answer() {
  if (options_.retry_ns == 0) return;
  const auto begin = std::chrono::steady_clock::now();
  while (!is_broken() && PQisBusy(connection_) != 0) {
    const std::int64_t left_ns = options_.answer_ns - ns_since(begin);
    if (left_ns <= 0) {
      silent_ = true;
      ::shutdown(PQsocket(connection_), SHUT_RDWR);
      return;
    }
    pollfd socket{PQsocket(connection_), POLLIN, 0};
    if (::poll(&socket, 1, static_cast<int>(left_ns / kNsPerMs) + 1) > 0 && PQconsumeInput(connection_) == 0) return;
  }
}

/// Waits for all that was sent; gives the answer to the last.
Result<PostgresConnection::Answer> PostgresConnection::drain() {
  Answer last;
  if (sent_.empty()) return last;
  std::optional<Error> failed;
  PQpipelineSync(connection_);
  for (const Sent& sent : std::exchange(sent_, {})) {
    wait_for_answer();
    Answer answer(PQgetResult(connection_));
    const ExecStatusType status = PQresultStatus(answer.get());
    const bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!done && status != PGRES_PIPELINE_ABORTED && !failed) failed = error_in(answer.get());
    if (!done) prepared_.erase(sent.prepared);
    if (done && sent.prepared.empty()) last = std::move(answer);
    // Up to the end of this one's answers; a connection that is gone may have no end of them.
    while (!is_broken()) {
      wait_for_answer();
      PGresult* const more = PQgetResult(connection_);
      if (more == nullptr) break;
      PQclear(more);
    }
    if (is_broken()) break;
  }
  if (is_broken()) return failed ? *failed : broken_error();
  wait_for_answer();
  PQclear(PQgetResult(connection_));  // the answer to the sync
  if (failed) return *failed;
  changes_ = last ? std::atoi(PQcmdTuples(last.get())) : 0;
  return last;
}

Result<void> PostgresConnection::send(const std::string& sql, const PostgresValues& values) {
  if (!in_transaction_) {
    const auto answer = ask(sql, values);
    return answer ? Result<void>() : answer.error();
  }
  if (failed_) return *failed_;
  constexpr std::size_t kMostAtOnce = 512;
  Result<void> sent = send_prepared(sql, values);
  if (sent && sent_.size() >= kMostAtOnce) {
    if (const auto answer = drain(); !answer) sent = answer.error();
  }
  if (!sent) failed_ = sent.error();
  return sent;
}

Result<PostgresConnection::Answer> PostgresConnection::ask(const std::string& sql, const PostgresValues& values) {
  if (lost_) return *lost_;
  if (in_transaction_ && failed_) return *failed_;
  for (BackOff back_off(options_.retry_ns);;) {
    passing_ = false;
    const Result<void> sent = send_prepared(sql, values);
    Result<Answer> answer = sent ? drain() : sent.error();
    if (answer) return answer;
    if (in_transaction_) failed_ = answer.error();
    if (in_transaction_ || !tries_again() || !is_broken() || !back_off.go_on_after_break()) return answer;
    if (const auto again = connect_again(answer.error()); !again) return again.error();
  }
}

Result<std::int64_t> PostgresConnection::ask_number(const std::string& sql, const PostgresValues& values) {
  const auto answer = ask(sql, values);
  if (!answer) return answer.error();
  if (PQntuples(answer->get()) == 0 || PQgetisnull(answer->get(), 0, 0) != 0) return std::int64_t{0};
  return postgres_integer(PQftype(answer->get(), 0),
                          {PQgetvalue(answer->get(), 0, 0), static_cast<std::size_t>(PQgetlength(answer->get(), 0, 0))});
}

Result<std::unique_ptr<PreparedStatement>> PostgresConnection::prepare(const std::string& sql) {
  return std::unique_ptr<PreparedStatement>(std::make_unique<PostgresStatement>(*this, postgres_sql(sql)));
}

std::unique_ptr<RowWriter> PostgresConnection::writer(const std::string& at_once) {
  return std::make_unique<PostgresWriter>(*this, postgres_sql(at_once));
}

/// Several statements in one text are for the other mode.
Result<void> PostgresConnection::execute(const char* sql) {
  if (const auto before = drain(); !before) return before.error();
  if (PQexitPipelineMode(connection_) != 1) return broken_error();
  const Answer answer(PQexec(connection_, postgres_sql(sql).c_str()));
  const ExecStatusType status = PQresultStatus(answer.get());
  const bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  Result<void> result = done ? Result<void>() : error_in(answer.get());
  if (done) changes_ = std::atoi(PQcmdTuples(answer.get()));
  if (PQenterPipelineMode(connection_) != 1 && done) result = broken_error();
  if (!result && in_transaction_) failed_ = result.error();
  return result;
}

int PostgresConnection::changes() {
  const auto answer = drain();
  if (!answer) failed_ = answer.error();
  return answer ? changes_ : 0;
}

Result<std::int64_t> PostgresConnection::now_ms() {
  return ask_number("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", {});
}

Result<void> PostgresConnection::try_transaction(Scope scope, const Work& work, bool& in_doubt) {
  if (lost_) return *lost_;
  in_transaction_ = true;
  failed_.reset();
  passing_ = false;
  Result<void> done = send(scope == Scope::kRead ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                                 : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", {});
  if (done && scope == Scope::kAll) done = send("SELECT pg_advisory_xact_lock(" MLMON_WRITE_LOCK ")", {});
  if (done) done = work();
  if (failed_) done = *failed_;
  if (done && is_numbered(scope)) {
    next_ = new_number();
    done = put_number(next_);
  }
  // Not by send(), which may wait for answers, and would keep this one to itself.
  if (done) done = send_prepared("COMMIT", {});
  if (done) {
    const auto answer = drain();
    in_doubt = is_broken() && scope != Scope::kRead;
    if (!answer) {
      done = answer.error();
    } else if (std::string_view(PQcmdStatus(answer->get())) != "COMMIT") {
      done = Error{name_ + ": the transaction was rolled back"};
    }
  }
  if (!done && !is_broken()) {
    const bool passing = passing_;
    if (const auto rest = drain(); !rest) {
      // What was sent after the statement that failed was not run.
    }
    failed_.reset();
    if (const auto undone = ask("ROLLBACK", {}); !undone) {
      // The connection broke meanwhile, and the transaction with it.
    }
    passing_ = passing;
  }
  in_transaction_ = false;
  failed_.reset();
  return done;
}

Result<void> PostgresConnection::persist(Scope scope, const Work& work) {
  for (BackOff back_off(options_.retry_ns);;) {
    bool in_doubt = false;
    const Result<void> done = try_transaction(scope, work, in_doubt);
    if (done) {
      if (is_numbered(scope)) transaction_ = next_;
      return done;
    }
    if (in_doubt && !holds_lock_) return done.error().in("it is not known whether this was done");
    if (!tries_again() || (!is_broken() && !passing_)) return done;
    if (!is_broken()) {
      if (back_off.over()) return done;
      if (!back_off.has_paused() && options_.warn) options_.warn(done.error().text + " (trying again)");
      back_off.pause();
      continue;
    }
    const std::int64_t before = transaction_;
    if (!in_doubt) next_ = before;
    if (!back_off.go_on_after_break()) return done;
    if (const auto again = connect_again(done.error()); !again) return again;
    if (in_doubt && transaction_ != before) return {};
  }
}

Result<void> PostgresConnection::transact(const Work& work) { return persist(Scope::kAll, work); }
Result<void> PostgresConnection::transact_rows(const Work& work) { return persist(Scope::kRows, work); }
Result<void> PostgresConnection::snapshot(const Work& work) { return persist(Scope::kRead, work); }

}  // namespace mlmon
