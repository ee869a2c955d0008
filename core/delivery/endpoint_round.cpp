#include "core/delivery/endpoint_host.h"

#include <algorithm>
#include <random>
#include <utility>

#include "core/delivery/delivery_services.h"
#include "core/plugin/plugin_call.h"
#include "core/store/wrong_clock.h"
#include "core/time_units.h"

// What an endpoint is handed in one round, and what becomes of it.

namespace mlmon {
namespace {

constexpr std::size_t kMostAtOnce = 64;
constexpr std::int64_t kQuickRoundNs = 20'000'000;
constexpr mlmon_delivery_result kUntouched{sizeof(mlmon_delivery_result), MLMON_RETRY, -1, {nullptr, 0}};

/// How many actions were tried: not those at the end whose results the plugin has left as they were.
std::size_t tried_of(const std::vector<mlmon_delivery_result>& results) {
  const auto is_touched = [](const mlmon_delivery_result& one) {
    return one.status != kUntouched.status || one.retry_after_ms != kUntouched.retry_after_ms || one.text.ptr != nullptr;
  };
  const auto last = std::find_if(results.rbegin(), results.rend(), is_touched);
  return std::max<std::size_t>(1, static_cast<std::size_t>(results.rend() - last));
}

}  // namespace

/// False: the rate limit does not let so many through any more, and nothing was done.
Result<bool> EndpointHost::deliver(std::vector<OutboxItem>& due, std::int64_t now_ms) {
  const bool one_message = endpoint_.forms_messages();
  const std::size_t messages = one_message ? 1 : due.size();
  // Before they are made: a process that is killed meanwhile must not begin to count anew.
  const auto count = [&](Pacing& pacing) {
    if (endpoint_.rate_limit <= 0) return true;
    if (allowed_by(pacing, now_ms) < messages) return false;
    pacing.recent_ms.insert(pacing.recent_ms.end(), messages, now_ms);
    return true;
  };
  Result<bool> may = true;
  if (one_message) {
    may = store_.tellings().form(number_, due, pacing_, count);
  } else if (endpoint_.rate_limit > 0) {
    may = store_.change_pacing(number_, pacing_, count);
  }
  if (!may || !*may) return may;
  const std::int64_t begun_ns = clock_.monotonic_ns();
  rest_asked_until_ms_ = rest_asked_ms_ = 0;
  Round round{failures_in_a_row_, {}, {}};
  const std::size_t each = one_message || !endpoint_.groups ? due.size() : 1;
  for (std::size_t at = 0; at < due.size() && goes_on(round); at += each) hand_over(due, {at, each}, round);
  write_told(due, round);
  const std::vector<Settlement>& settlements = round.settlements;
  most_at_once_ =
      clock_.monotonic_ns() - begun_ns < kQuickRoundNs ? kMostOfQuick : kMostAtOnce;
  const auto settled = store_.settle(settlements);
  const bool any_dead = std::any_of(
      settlements.begin(), settlements.end(),
      [](const Settlement& one) { return one.status == Settlement::Status::kDead; });
  if (any_dead && fallback_.number != 0) fallback_.notify();
  if (!settled) return settled.error();
  if (rest_asked_until_ms_ == 0) return true;
  const auto rests = change_pacing([&](Pacing& pacing) {
    if (was_clock_ahead(pacing.rests_since_ms, rest_asked_ms_)) pacing.rests_until_ms = 0;
    pacing.rests_until_ms = std::max(pacing.rests_until_ms, rest_asked_until_ms_);
    pacing.rests_since_ms = rest_asked_ms_;
    return true;
  });
  return rests ? Result<bool>(true) : rests.error();
}

/// A receiver that is to be left alone, or one whose endpoint ends, gets no more in this round.
bool EndpointHost::goes_on(const Round& round) {
  if (round.settlements.empty()) return true;
  const std::lock_guard lock(mutex_);
  return !stopping_ && round.settlements.back().status != Settlement::Status::kWaiting;
}

/// One call of the plugin, and what became of it: of as many actions as were tried.
void EndpointHost::hand_over(const std::vector<OutboxItem>& all, Round::Call call, Round& round) {
  const auto [from, count] = call;
  std::vector<mlmon_delivery_item> items;
  for (std::size_t i = from; i < from + count; ++i) {
    const OutboxItem& item = all[i];
    items.push_back({sizeof(mlmon_delivery_item),
                     item.attempts + 1,
                     {item.id.data(), item.id.size()},
                     {item.json.data(), item.json.size()},
                     {item.began.data(), item.began.size()}});
  }
  std::vector<mlmon_delivery_result> results(items.size(), kUntouched);
  host_->said.clear();
  std::int32_t code = MLMON_OK;
  {
    const PluginCall going_on(origin_, "deliver " + all[from].id);
    enter("deliver", endpoint_.timeout_ms * kNsPerMs * static_cast<std::int64_t>(items.size()) + kGraceNs);
    const std::size_t told = gather(true);
    code = owner_.library()->classes().front().delivery.deliver(
        instance_, items.data(), static_cast<std::uint32_t>(items.size()), results.data());
    if (gather(false) != told) round.told.push_back(call);
    leave();
  }
  const std::int64_t now_ms = clock_.now_ns() / kNsPerMs;
  std::vector<Settlement>& settlements = round.settlements;
  const std::size_t tried = endpoint_.groups || code < 0 ? count : tried_of(results);
  for (std::size_t i = 0; i < tried; ++i) {
    Settlement settlement;
    if (i > 0 && endpoint_.groups) settlement = settlements.back();  // one message, one outcome
    settlement.row = all[from + i].row;
    if (i == 0 || !endpoint_.groups) judge(all[from + i], results[i], code, now_ms, settlement);
    settlements.push_back(std::move(settlement));
  }
}

/// Whether what is told now waits for the end of the round; gives how many of this round do.
std::size_t EndpointHost::gather(bool on) {
  const std::lock_guard lock(host_->telling);
  host_->gathers = on;
  return host_->tellings;
}

/// What the round has told is written before it is settled. If that fails, all who told something try again.
void EndpointHost::write_told(const std::vector<OutboxItem>& all, Round& round) {
  if (round.told.empty()) return;
  enter("deliver", endpoint_.timeout_ms * kNsPerMs * static_cast<std::int64_t>(all.size()) + kGraceNs);
  bool untold = false;
  {
    const std::lock_guard lock(host_->telling);
    write_gathered(*host_);
    host_->tellings = 0;
    untold = std::exchange(host_->untold, false);
  }
  leave();
  if (!untold) return;
  failures_in_a_row_ = round.failures_in_a_row;
  for (const Round::Call& call : round.told) {
    const std::size_t end = std::min(call.from + call.count, round.settlements.size());
    for (std::size_t i = call.from; i < end; ++i) {
      Settlement& settlement = round.settlements[i];
      if (settlement.status != Settlement::Status::kDelivered) continue;
      Settlement failed;
      if (i > call.from && endpoint_.groups) failed = round.settlements[call.from];
      failed.row = settlement.row;
      failed.tried_ms = settlement.tried_ms;
      if (i == call.from || !endpoint_.groups) {
        judge_failure(all[i], {false, -1, "stderr cannot be written to"}, failed);
      }
      settlement = std::move(failed);
    }
  }
}

void EndpointHost::judge(const OutboxItem& item, const mlmon_delivery_result& result,
                         std::int32_t code, std::int64_t now_ms, Settlement& settlement) {
  settlement.tried_ms = now_ms;
  if (code < 0) return judge_failure(item, {false, -1, delivery_failure(*host_, code)}, settlement);
  if (result.status != MLMON_DELIVERED) {
    std::string why(result.text.ptr, result.text.len);
    return judge_failure(item, {result.status == MLMON_DEAD, result.retry_after_ms, std::move(why)}, settlement);
  }
  if (endpoint_.poll_ms > 0) settlement.poll_ms = now_ms + endpoint_.poll_ms;
  if (result.text.len > 0) settlement.error.assign(result.text.ptr, result.text.len);
  failures_in_a_row_ = 0;
  at_once_ = std::min(2 * at_once_, most_at_once_);
}

/// A try that failed: dead at once, dead after a long time of tries, or to be tried again; then the endpoint
/// rests as a whole, so that one that is down is not asked once for each action that waits.
void EndpointHost::judge_failure(const OutboxItem& item, Failure failure, Settlement& settlement) {
  settlement.error = owner_.secrets().blank(std::move(failure.text));
  const std::int64_t first_ms = item.first_try_ms > 0 ? item.first_try_ms : settlement.tried_ms;
  const bool too_late = settlement.tried_ms - first_ms >= endpoint_.retry_give_up_ms;
  if (failure.dead || too_late) {
    settlement.status = Settlement::Status::kDead;
    settlement.fallback = fallback_.number;
    const char* why = failure.dead ? "failed for good: " : "failed for good after many tries: ";
    host_->log.log(LogLevel::kError, origin_, why + settlement.error);
    return;
  }
  settlement.status = Settlement::Status::kWaiting;
  at_once_ = 1;
  const std::int64_t asked_ms = failure.asked_ms;
  settlement.next_try_ms =
      settlement.tried_ms + std::max(asked_ms, back_off_ms(item.attempts));
  const std::int64_t rest_ms = std::max(asked_ms, back_off_ms(failures_in_a_row_++));
  const std::int64_t now_ms = settlement.tried_ms;
  if (was_clock_ahead(rests_since_ms_, now_ms)) rests_until_ms_ = 0;
  rests_until_ms_ = std::max(rests_until_ms_, now_ms + rest_ms);
  rests_since_ms_ = now_ms;
  if (asked_ms > 0) {
    rest_asked_until_ms_ = std::max(rest_asked_until_ms_, now_ms + asked_ms);
    rest_asked_ms_ = now_ms;
  }
  host_->log.log(LogLevel::kWarn, origin_, "will be tried again: " + settlement.error);
}

/// Exponential, with full jitter: anything up to the doubled step.
std::int64_t EndpointHost::back_off_ms(std::uint32_t attempts) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const std::int64_t most = std::max<std::int64_t>(endpoint_.retry_max_ms, 1);
  const std::int64_t first = std::clamp<std::int64_t>(endpoint_.retry_initial_ms, 1, most);
  const std::uint32_t doublings = std::min(attempts, 62u);
  const std::int64_t limit = first > (most >> doublings) ? most : first << doublings;
  return std::uniform_int_distribution<std::int64_t>(0, limit)(random);
}

}  // namespace mlmon
