#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/store/database.h"
#include "core/store/telling_store.h"

namespace mlmon {

/// The tellings of a store in SQLite, over its connection.
class SqlTellings final : public TellingStore {
 public:
  using Work = std::function<Result<void>()>;

  /// All outlive it. `transact` runs work in a transaction of the store; `mutex` guards the connection; `run`: see
  /// SqlStore::open().
  SqlTellings(Database& database, std::mutex& mutex, std::int64_t run,
              std::function<Result<void>(const Work&)> transact)
      : database_(database), mutex_(mutex), run_(run), transact_(std::move(transact)) {}

  Result<std::vector<Silence>> silences(std::int64_t now_ms) override;
  Result<void> hold(const std::vector<HeldBack>& tellings, std::int64_t now_ms) override;
  Result<std::optional<std::int64_t>> release(std::uint32_t endpoint,
                                              std::int64_t now_ms) override;
  Result<bool> any_held() override;
  Result<bool> unheard(std::int64_t row) override;
  Result<std::vector<OutboxItem>> message(std::uint32_t endpoint, const MessageWish& wish) override;
  Result<bool> form(std::uint32_t endpoint, const std::vector<OutboxItem>& items, Pacing& pacing,
                    const PacingChange& change) override;
  Result<std::int64_t> last_waiting(std::uint32_t endpoint) override;
  Result<void> close_groups(std::uint32_t endpoint, std::int64_t now_ms) override;
  Result<void> add_began(std::vector<OutboxItem>& items) override;
  Result<void> renew(std::uint32_t endpoint) override;
  Result<void> end_backlog(std::int64_t now_ms) override;

  /// A telling was held back by somebody else. Under the mutex.
  void note_held() { any_held_ = true; }

 private:
  std::string only_ours(const char* action) const;
  Result<void> let_go(const char* which, const char* otherwise, std::int64_t endpoint,
                      std::int64_t now_ms);

  Database& database_;
  std::mutex& mutex_;
  const std::int64_t run_;
  const std::function<Result<void>(const Work&)> transact_;
  std::optional<bool> any_held_;  // whether a telling was ever held back; nothing: not looked at yet
};

Result<Pacing> read_pacing(Database& database, std::uint32_t endpoint);

/// Changes what paces an endpoint: `pacing`, or where the state is `shared` what the database has by now, which
/// `pacing` becomes. `may`: whether change() agreed. Inside of a transaction.
Result<void> change_pacing_in(Database& database, std::uint32_t endpoint, bool shared, const PacingChange& change,
                              Pacing& pacing, bool& may);

}  // namespace mlmon
