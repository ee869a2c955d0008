#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "core/store/database.h"
#include "core/store/telling_store.h"

namespace mlmon {

/// The tellings of a store in SQLite, over its connection.
class SqlTellings final : public TellingStore {
 public:
  using Work = std::function<Result<void>()>;

  /// All outlive it. `transact` runs work in a transaction of the store; `mutex` guards the connection.
  SqlTellings(Database& database, std::mutex& mutex,
                 std::function<Result<void>(const Work&)> transact)
      : database_(database), mutex_(mutex), transact_(std::move(transact)) {}

  Result<std::vector<Silence>> silences(std::int64_t now_ms) override;
  Result<void> hold(const std::vector<HeldBack>& tellings, std::int64_t now_ms) override;
  Result<std::optional<std::int64_t>> release(std::uint32_t endpoint,
                                              std::int64_t now_ms) override;
  Result<bool> any_held() override;
  Result<bool> unheard(std::int64_t row) override;
  Result<std::vector<OutboxItem>> message(std::uint32_t endpoint, const MessageWish& wish) override;
  Result<void> form(std::uint32_t endpoint, const std::vector<OutboxItem>& items,
                    const Pacing& pacing) override;
  Result<std::int64_t> last_waiting(std::uint32_t endpoint) override;
  Result<void> close_groups(std::uint32_t endpoint, std::int64_t now_ms) override;
  Result<void> add_began(std::vector<OutboxItem>& items) override;
  Result<void> renew(std::uint32_t endpoint) override;
  Result<void> end_backlog(std::int64_t now_ms) override;

  /// A telling was held back by somebody else. Under the mutex.
  void note_held() { any_held_ = true; }

 private:
  Result<void> let_go(const char* which, const char* otherwise, std::int64_t endpoint,
                      std::int64_t now_ms);

  Database& database_;
  std::mutex& mutex_;
  const std::function<Result<void>(const Work&)> transact_;
  std::optional<bool> any_held_;  // whether a telling was ever held back; nothing: not looked at yet
};

/// Sets what paces an endpoint. Inside of a transaction.
Result<void> put_pacing(Database& database, std::uint32_t endpoint, const Pacing& pacing);

}  // namespace mlmon
