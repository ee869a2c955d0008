#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/delivery/router_host.h"
#include "core/delivery/telling_policy.h"
#include "core/log_sink.h"
#include "core/store/outbox_store.h"

namespace mlmon {

/// Who gets what an endpoint has failed to deliver for good.
struct Fallback {
  std::uint32_t number = 0;      // in the outbox; 0: nobody
  std::function<void()> notify;  // called on the failing endpoint's thread
};

/// One endpoint at work, on a thread of its own: takes what is due from the outbox, lets the plugin
/// deliver it and records what became of it. One that hangs or fails delays no other.
class EndpointHost {
 public:
  /// `number`: of the endpoint in the outbox. `wake` is called on the endpoint's thread after each round, and when
  /// it ends.
  EndpointHost(const RouterHost& router, std::uint32_t index, std::uint32_t number, OutboxStore& store,
               const Clock& clock, LogSink& log, std::function<void()> wake);
  ~EndpointHost();

  /// Before start().
  void set_fallback(Fallback fallback) { fallback_ = std::move(fallback); }

  /// Starts the thread and makes the plugin's instance. The error is the plugin's, and failure().
  Result<void> start();

  /// There may be something new in the outbox.
  void notify();

  /// The input has ended: what waits for more of its group need not wait any longer.
  void close_groups();

  /// It has actions in hand that are not settled yet.
  bool in_round() const { return in_round_.load(); }

  /// There may be alerts that fire and were not this run's before: they are told again, if the endpoint wants that.
  void renew_soon() { renews_now_.store(true); }

  /// Tells, once, of a call that has outlived its limit and goes on.
  void tell_if_overdue();

  /// All that was there at the last notify() is delivered, or never will be.
  bool idle() const;

  /// Asks the thread to end after the delivery at hand, which may take its time.
  void ask_to_end();

  /// The same, and asks the delivery at hand to hurry, since the process is to end.
  void ask_to_stop();

  /// Its thread has ended, or there never was one: stop() need not wait.
  bool ended() const;

  /// The same as ask_to_stop(), and waits for it. False: the plugin did not return in time (its timeout, once it was asked to
  /// stop at most kGraceNs); failure() tells, what was to be delivered waits, and the thread keeps this object
  /// for itself, which must not be destroyed. So it is where the process has to end before the plugin's time is over
  /// (`until_ns`, monotonic), but that is told as a warning and no failure.
  [[nodiscard]] bool stop(std::int64_t until_ns = INT64_MAX);
  static constexpr std::int64_t kGraceNs = 5'000'000'000;

  /// Why nothing (more) is delivered, where the store or the plugin failed; empty: neither did.
  std::string failure() const;

 private:
  void run();
  Result<void> create();
  std::int64_t rests_until(std::int64_t now_ms) const;
  /// When to come again.
  struct Rest {
    bool idle = true;  // nothing waits to be delivered
    std::optional<std::int64_t> after_ms;
  };

  Result<Rest> deliver_due();
  Result<std::optional<std::int64_t>> poll_due();
  PollSettlement poll(const OutboxItem& item);
  Result<void> renew();
  Result<Rest> rest_until_due(std::int64_t now_ms);
  Result<std::vector<OutboxItem>> next_items(std::int64_t now_ms, std::size_t most);
  Result<void> wait_for_limit();
  std::size_t allowed_by(Pacing& pacing, std::int64_t now_ms) const;
  Result<void> change_pacing(const PacingChange& change);
  Result<bool> deliver(std::vector<OutboxItem>& due, std::int64_t now_ms);
  /// What becomes of the items of one round, in their order, and which of its calls told something.
  struct Round {
    struct Call {
      std::size_t from, count;
    };
    std::uint32_t failures_in_a_row = 0;  // before it
    std::vector<Settlement> settlements;
    std::vector<Call> told;
  };
  std::size_t gather(bool on);
  void hand_over(const std::vector<OutboxItem>& items, Round::Call call, Round& round);
  void write_told(const std::vector<OutboxItem>& items, Round& round);
  bool is_overdue() const;
  void enter(const char* function, std::int64_t limit_ns);
  void leave();
  bool rest(std::uint64_t asked, const Result<Rest>& rest,
            const Result<std::optional<std::int64_t>>& poll_ms);
  void judge(const OutboxItem& item, const mlmon_delivery_result& result, std::int32_t code,
             std::int64_t now_ms, Settlement& settlement);
  struct Failure {
    bool dead;
    std::int64_t asked_ms;  // to wait for; -1: nothing
    std::string text;
  };
  void judge_failure(const OutboxItem& item, Failure failure, Settlement& settlement);
  std::int64_t back_off_ms(std::uint32_t attempts);

  const RouterHost& owner_;  // the router whose plugin it is
  const Endpoint endpoint_;
  const std::uint32_t index_, number_;  // there, and in the outbox
  OutboxStore& store_;
  const Clock& clock_;
  const std::function<void()> wake_;
  const std::string origin_;  // "observer.endpoint"
  const std::unique_ptr<mlmon_delivery_host> host_;
  mlmon_delivery* instance_ = nullptr;

  // Of one round, which is settled at its end; one that is slow gets fewer.
  static constexpr std::size_t kMostOfQuick = 1024;

  // Of the endpoint's thread. An endpoint earns its trust: one action at first, twice as many after each
  // that was taken, one again after a failure.
  std::size_t at_once_ = 1, most_at_once_ = 1;
  std::uint32_t failures_in_a_row_ = 0;
  std::int64_t rests_until_ms_ = 0;  // wall clock, since 1970
  std::int64_t rests_since_ms_ = 0;  // when that was decided
  Pacing pacing_;                    // as stored
  std::int64_t rest_asked_until_ms_ = 0;  // by the receiver, in this round; 0: it did not ...
  std::int64_t rest_asked_ms_ = 0;        // ... at that time
  TellingPolicy policy_;
  Fallback fallback_;
  std::optional<std::int64_t> held_until_ms_;  // what is held back is looked at again then
  std::int64_t renewed_ms_ = -1;               // monotonic; -1: not yet

  std::atomic<bool> in_round_{false}, renews_now_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0, answered_ = 0;  // notify()s made and dealt with
  bool stopping_ = false;
  bool ended_ = false;      // the thread has nothing more to do
  bool abandoned_ = false;  // nobody waits for it any more
  const char* calling_ = nullptr;  // the plugin's function that it is in
  std::int64_t overdue_ns_ = 0;    // monotonic: from then on that lasts too long ...
  bool overdue_told_ = false;      // ... which was told
  std::chrono::steady_clock::time_point asked_to_stop_{};
  bool closing_ = false;  // the groups
  std::string failure_;
  std::thread thread_;
};

}  // namespace mlmon
