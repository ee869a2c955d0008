#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/store/back_off.h"
#include "core/store/postgres.h"
#include "core/text/quantity.h"
#include "core/time_units.h"

// How a connection to PostgreSQL comes to be, has the right to be a run's, and comes back when it broke.

namespace mlmon {
namespace {

// The right to be the one run, or one of several, is an advisory lock; the second key is the schema's.
#define MLMON_RUN_LOCK "1835822446, hashtext(current_schema())"

constexpr const char* kNumber = "SELECT last_transaction FROM mlmon_state";
constexpr const char* kPutNumber = "UPDATE mlmon_state SET last_transaction = $1";
constexpr const char* kNumberOf = "SELECT last_transaction FROM mlmon_runs WHERE run = $1";
constexpr const char* kPutNumberOf = "UPDATE mlmon_runs SET last_transaction = $2, seen = now() WHERE run = $1";
constexpr const char* kBeginNumberOf = "INSERT INTO mlmon_runs (run, last_transaction) VALUES ($1, $2)";
constexpr const char* kForgetOldRuns = "DELETE FROM mlmon_runs WHERE seen < now() - interval '365 days'";
constexpr const char* kHolder =
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database()) AND l.classid = 1835822446 "
    "AND l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid";

/// Nobody answers yet, or the server says that it starts, ends or is full. What else it says will not change by itself,
/// and neither will the URL.
bool may_come(std::string_view error) {
  const auto says = [&](std::string_view one) { return error.find(one) != error.npos; };
  constexpr std::string_view kLasting[] = {"invalid port number", "invalid integer value", "names no schema",
                                           "expected a database in UTF8", "does not support SSL"};
  constexpr std::string_view kPassing[] = {"starting up", "shutting down", "not yet accepting", "recovery", "too many",
                                           "connection slots"};
  if (std::any_of(std::begin(kLasting), std::end(kLasting), says)) return false;
  return !says("FATAL:") || std::any_of(std::begin(kPassing), std::end(kPassing), says);
}

std::string session_name(bool is_run) {
  char host[33] = {};
  ::gethostname(host, sizeof host - 1);
  return is_run ? fmt::format("mlmon run, process {} on {}", ::getpid(), host) : "mlmon";
}

void keep_quiet(void*, const PGresult*) {}

}  // namespace

std::int64_t new_number() {
  std::uint64_t number = 0;
  while (::getrandom(&number, sizeof number, 0) != sizeof number) {
  }
  return static_cast<std::int64_t>(number >> 2) + 1;
}

/// A server may be started at the same time as those who need it.
Result<void> PostgresConnection::connect_first() {
  for (BackOff back_off(options_.retry_ns);; back_off.pause()) {
    Result<void> done = connect();
    if (done) {
      if (back_off.has_paused() && options_.warn) options_.warn(name_ + ": connected");
      return done;
    }
    if (options_.retry_ns == 0 || !may_come(done.error().text)) return done;
    if (back_off.over()) {
      return Error{fmt::format("{}; tried again for {}", done.error().text, format_duration(options_.retry_ns))};
    }
    if (!back_off.has_paused() && options_.warn) {
      options_.warn(fmt::format("{} (trying again for {})", done.error().text, format_duration(options_.retry_ns)));
    }
  }
}

Result<void> PostgresConnection::connect() {
  PQfinish(connection_);
  silent_ = false;
  prepared_.clear();
  sent_.clear();
  in_transaction_ = false;
  const std::string session = session_name(options_.is_run);
  // The URL comes after what it may say otherwise. Either side notices within half a minute that the other is gone
  // without a word: the server has to, since a run that died there would keep its lock.
  const char* const names[] = {"fallback_application_name", "client_encoding", "connect_timeout", "tcp_user_timeout",
                               "keepalives_idle", "keepalives_interval", "keepalives_count", "dbname", nullptr};
  const char* const values[] = {session.c_str(), "UTF8", "10", "30000", "10", "5", "3", url_.c_str(), nullptr};
  connection_ = PQconnectdbParams(names, values, 1);
  if (PQstatus(connection_) != CONNECTION_OK) return broken_error();
  PQsetNoticeReceiver(connection_, keep_quiet, nullptr);
  if (PQenterPipelineMode(connection_) != 1) return broken_error();
  const auto waits = ask("SELECT set_config('lock_timeout', '60s', false), current_schema(), "
                         "current_setting('server_encoding'), set_config('tcp_user_timeout', '30000', false), "
                         "set_config('tcp_keepalives_idle', '10', false), "
                         "set_config('tcp_keepalives_interval', '5', false), "
                         "set_config('tcp_keepalives_count', '3', false), "
                         // A run that was stopped in the middle of a transaction must not hold up all others.
                         "set_config('idle_in_transaction_session_timeout', '10s', false), "
                         // Statements are few and run often; what they would be planned anew for does not change them.
                         "set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false)",
                         {});
  if (!waits) return waits.error();
  if (PQgetisnull(waits->get(), 0, 1) != 0) {
    return Error{name_ + ": the search path names no schema that is there"};
  }
  const std::string_view encoding = PQgetvalue(waits->get(), 0, 2);
  if (encoding != "UTF8") {
    return Error{fmt::format("{}: expected a database in UTF8, got one in {}", name_, encoding)};
  }
  processes_.push_back(PQbackendPID(connection_));
  return {};
}

Result<void> PostgresConnection::take_lock(std::int64_t timeout_ns) {
  constexpr std::int64_t kStepMs = 50;
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const auto taken = ask_number(options_.shared_as == 0 ? "SELECT pg_try_advisory_lock(" MLMON_RUN_LOCK ")"
                                                          : "SELECT pg_try_advisory_lock_shared(" MLMON_RUN_LOCK ")",
                                  {});
    if (!taken) return taken.error();
    if (*taken != 0) return {};
    if (ns_since(begin) >= timeout_ns) break;
    pause_ms(kStepMs);
  }
  return Error{fmt::format("{}: is in use by {}{}", name_, holder(),
                           timeout_ns > 0 ? ", waited " + format_duration(timeout_ns) : "")};
}

/// "mlmon run, process 1234 on gpu7".
std::string PostgresConnection::holder() {
  const auto answer = ask(kHolder, {});
  if (!answer || PQntuples(answer->get()) == 0 || PQgetlength(answer->get(), 0, 0) == 0) return "another run";
  return PQgetvalue(answer->get(), 0, 0);
}

Result<void> PostgresConnection::become_the_run() {
  if (const auto taken = take_lock(options_.lock_timeout_ns); !taken) return taken;
  // Whoever has had the lock leaves a number of its own, so that a run whose connection broke meanwhile sees it.
  transaction_ = new_number();
  if (const auto noted = ask(kPutNumber, PostgresValues::of(transaction_)); !noted) return noted.error();
  if (options_.shared_as != 0) {
    if (const auto forgotten = ask(kForgetOldRuns, {}); !forgotten) return forgotten.error();
    const auto begun = ask(kBeginNumberOf, PostgresValues::of(options_.shared_as, transaction_));
    if (!begun) return begun.error();
  }
  holds_lock_ = true;
  return {};
}

Result<void> PostgresConnection::put_number(std::int64_t number) {
  if (options_.shared_as == 0) return send(kPutNumber, PostgresValues::of(number));
  return send(kPutNumberOf, PostgresValues::of(options_.shared_as, number));
}

/// The server may not know yet that the connection broke, and keep its locks.
void PostgresConnection::end_others() {
  for (const int process : processes_) {
    const std::int64_t pid = process;
    const auto ended = ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 "
                           "AND pid <> pg_backend_pid() AND usename = current_user AND application_name = "
                           "current_setting('application_name')",
                           PostgresValues::of(pid));
    if (!ended) return;  // then it ends by itself, and the lock is waited for
  }
  processes_ = {PQbackendPID(connection_)};
}

/// The connection of a run is there again, it is still the one run, and nobody has written as one in between.
Result<void> PostgresConnection::connect_again(const Error& why) {
  if (options_.warn) {
    options_.warn(fmt::format("{} (trying again for {})", why.text, format_duration(options_.retry_ns)));
  }
  holds_lock_ = false;
  connecting_ = true;
  const Result<void> done = try_to_connect();
  connecting_ = false;
  if (!done && options_.is_run) lost_ = done.error();
  if (done && options_.warn) options_.warn(name_ + ": connected again");
  return done;
}

/// As the one run, where nobody else was one meanwhile.
Result<void> PostgresConnection::go_on() {
  const auto number = options_.shared_as == 0 ? ask_number(kNumber, {})
                                              : ask_number(kNumberOf, PostgresValues::of(options_.shared_as));
  if (!number) return number.error();
  if (*number != transaction_ && *number != next_) {
    return Error{name_ + ": another run has written to this state while the connection was broken"};
  }
  transaction_ = *number;
  holds_lock_ = true;
  return {};
}

Result<void> PostgresConnection::try_to_connect() {
  for (BackOff back_off(options_.retry_ns);; back_off.pause()) {
    Result<void> done = connect();
    if (done && options_.is_run) {
      end_others();
      done = take_lock(back_off.left_ns());
      if (done) done = go_on();
      if (!done && !is_broken()) return done;  // somebody else is the run, or was
    }
    if (done) return done;
    if (back_off.over()) {
      return Error{fmt::format("{}; tried again for {}", done.error().text, format_duration(options_.retry_ns))};
    }
  }
}

}  // namespace mlmon
