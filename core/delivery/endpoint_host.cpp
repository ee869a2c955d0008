#include "core/delivery/endpoint_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/delivery/delivery_services.h"
#include "core/plugin/plugin_call.h"
#include "core/store/wrong_clock.h"
#include "core/thread_start.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::size_t kOne = 1;
constexpr std::size_t kMostPolled = 64;
constexpr std::int64_t kLongestRestMs = 60'000;  // the wall clock may be set

}  // namespace

EndpointHost::EndpointHost(const RouterHost& router, std::uint32_t index, std::uint32_t number,
                           OutboxStore& store, const Clock& clock, LogSink& log,
                           std::function<void()> wake)
    : owner_(*router.owner_of(index).first),
      endpoint_(router.endpoints()[index]),
      index_(router.owner_of(index).second),
      number_(number),
      store_(store),
      clock_(clock),
      wake_(std::move(wake)),
      origin_(router.observer() + "." + endpoint_.name),
      host_(new mlmon_delivery_host{origin_, log}),
      policy_(store.tellings()) {}

EndpointHost::~EndpointHost() {
  if (stop()) return;
  // Whoever destroys it has not asked before, and must wait.
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

Result<void> EndpointHost::start() {
  Result<void> result = start_thread(thread_, [this] { return create(); }, [this] { run(); });
  if (!result) {
    ended_ = true;
    failure_ = result.error().text;
  }
  return result;
}

void EndpointHost::notify() {
  {
    const std::lock_guard lock(mutex_);
    ++asked_;
  }
  changed_.notify_one();
}

void EndpointHost::close_groups() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  notify();
}

bool EndpointHost::idle() const {
  const std::lock_guard lock(mutex_);
  return asked_ == answered_ || !failure_.empty() || is_overdue();
}

void EndpointHost::tell_if_overdue() {
  const std::lock_guard lock(mutex_);
  if (!is_overdue() || std::exchange(overdue_told_, true)) return;
  host_->log.log(LogLevel::kWarn, origin_, fmt::format("{} has not returned in time; what it is to deliver waits", calling_));
}

void EndpointHost::ask_to_end() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void EndpointHost::ask_to_stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!host_->cancelled.exchange(true)) asked_to_stop_ = std::chrono::steady_clock::now();
  }
  ask_to_end();
}

bool EndpointHost::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_ || !thread_.joinable();
}

bool EndpointHost::stop(std::int64_t until_ns) {
  if (!thread_.joinable()) return true;
  ask_to_stop();
  std::unique_lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::nanoseconds own = asked_to_stop_ - now + std::chrono::nanoseconds(is_overdue() ? 0 : kGraceNs);
  const std::chrono::nanoseconds left(until_ns - clock_.monotonic_ns());
  if (!changed_.wait_until(lock, now + std::min(own, left), [this] { return ended_; })) {
    abandoned_ = true;
    const char* const call = calling_ != nullptr ? calling_ : "the plugin";
    if (left < own) {
      host_->log.log(LogLevel::kWarn, origin_,
                     fmt::format("{} did not return within the shutdown timeout; what it was to deliver waits", call));
    } else {
      failure_ = fmt::format("{}: {} did not return in time, and is abandoned; what it was to deliver waits", origin_, call);
    }
    thread_.detach();
    return false;
  }
  lock.unlock();
  thread_.join();
  return true;
}

/// The call that is going on has outlived its limit. Under the mutex.
bool EndpointHost::is_overdue() const {
  return calling_ != nullptr && overdue_ns_ != 0 && clock_.monotonic_ns() > overdue_ns_;
}

/// The thread goes into the plugin; `limit_ns`: how long that may take, 0: as long as it likes.
void EndpointHost::enter(const char* function, std::int64_t limit_ns) {
  const std::lock_guard lock(mutex_);
  calling_ = function;
  overdue_told_ = false;
  overdue_ns_ = limit_ns > 0 ? clock_.monotonic_ns() + limit_ns : 0;
}

/// It is back. If nobody waits for it any more, it stays here: the process is about to end.
void EndpointHost::leave() {
  std::unique_lock lock(mutex_);
  calling_ = nullptr;
  changed_.wait(lock, [this] { return !abandoned_; });
}

std::string EndpointHost::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

Result<void> EndpointHost::create() {
  const mlmon_delivery_role& role = owner_.library()->classes().front().delivery;
  const std::string& config = owner_.config();
  std::int32_t code = MLMON_OK;
  {
    const PluginCall going_on(origin_, "create");
    code = role.create(host_.get(), &kDeliveryServices, {config.data(), config.size()}, index_,
                       &instance_);
  }
  if (code != MLMON_OK) return Error{delivery_failure(*host_, code)}.in(origin_);
  if (instance_ == nullptr) return Error{origin_ + ": create gave no instance"};
  const Result<Pacing> pacing = store_.pacing(number_);
  if (!pacing) return pacing.error();
  pacing_ = *pacing;
  return {};
}

void EndpointHost::run() {
  for (bool more = true; more;) {
    std::uint64_t asked = 0;
    {
      const std::lock_guard lock(mutex_);
      asked = asked_;
    }
    const Result<Rest> next = deliver_due();
    const bool busy = next && next->after_ms == std::optional<std::int64_t>(0);
    more = rest(asked, next, busy ? std::optional<std::int64_t>() : poll_due());
  }
  {
    const PluginCall going_on(origin_, "destroy");
    enter("destroy", 0);
    owner_.library()->classes().front().delivery.destroy(instance_);
    leave();
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  wake_();
}

/// Delivers one round: one message, or as many actions as the endpoint has earned trust for.
Result<EndpointHost::Rest> EndpointHost::deliver_due() {
  const std::int64_t now_ms = clock_.now_ns() / kNsPerMs;
  const auto held = store_.tellings().release(number_, now_ms);
  if (!held) return held.error();
  held_until_ms_ = *held;
  if (const auto renewed = renew(); !renewed) return renewed.error();
  if (endpoint_.rate_limit > 0 && store_.is_shared_pacing()) {
    Result<Pacing> pacing = store_.pacing(number_);
    if (!pacing) return pacing.error();
    pacing_ = std::move(*pacing);
  }
  const std::size_t allowed = allowed_by(pacing_, now_ms);
  const std::int64_t rest_ms = rests_until(now_ms) - now_ms;
  const bool may_not = rest_ms > 0 || allowed == 0;
  Result<std::vector<OutboxItem>> due = next_items(now_ms, may_not ? kOne : allowed);
  if (!due) return due.error();
  if (due->empty()) return rest_until_due(now_ms);
  if (rest_ms > 0) return Rest{false, std::min(rest_ms, kLongestRestMs)};
  if (allowed == 0) {
    if (const auto noted = wait_for_limit(); !noted) return noted.error();
    const std::int64_t free_ms = pacing_.recent_ms.front() + endpoint_.rate_period_ms;
    return Rest{false, std::clamp<std::int64_t>(free_ms - now_ms, 1, kLongestRestMs)};
  }
  if (const auto held_back = policy_.hold_back(*due, now_ms); !held_back) return held_back.error();
  if (due->empty()) return Rest{false, 0};
  in_round_.store(true);
  const Result<bool> delivered = deliver(*due, now_ms);
  in_round_.store(false);
  if (!delivered) return delivered.error();
  // Another run has used up what the limit allows.
  return Rest{false, *delivered ? 0 : 1};
}

/// Until when the endpoint rests as a whole.
std::int64_t EndpointHost::rests_until(std::int64_t now_ms) const {
  const std::int64_t own = was_clock_ahead(rests_since_ms_, now_ms) ? 0 : rests_until_ms_;
  const bool void_asked = was_clock_ahead(pacing_.rests_since_ms, now_ms);
  return std::max(own, void_asked ? 0 : pacing_.rests_until_ms);
}

/// What still fires is told again, at the start of each run and from time to time.
Result<void> EndpointHost::renew() {
  if (endpoint_.renew_ms <= 0) return {};
  const std::int64_t at_ms = clock_.monotonic_ns() / kNsPerMs;
  const bool now = renews_now_.exchange(false);
  if (!now && renewed_ms_ >= 0 && at_ms - renewed_ms_ < endpoint_.renew_ms) return {};
  renewed_ms_ = at_ms;
  return store_.tellings().renew(number_);
}

/// Nothing is due: when something will be.
Result<EndpointHost::Rest> EndpointHost::rest_until_due(std::int64_t now_ms) {
  const Result<std::optional<std::int64_t>> next = store_.next_due_ms(number_);
  if (!next) return next.error();
  std::optional<std::int64_t> after_ms;
  const auto no_later = [&](std::int64_t ms) {
    after_ms = std::min(after_ms.value_or(kLongestRestMs), std::clamp<std::int64_t>(ms, 1, kLongestRestMs));
  };
  if (*next) no_later(**next - now_ms);
  if (held_until_ms_) no_later(*held_until_ms_ - now_ms);
  if (endpoint_.renew_ms > 0) {
    no_later(renewed_ms_ + endpoint_.renew_ms - clock_.monotonic_ns() / kNsPerMs);
  }
  return Rest{!next->has_value(), after_ms};
}

Result<std::vector<OutboxItem>> EndpointHost::next_items(std::int64_t now_ms, std::size_t most) {
  const std::size_t at_once =
      endpoint_.most_at_once > 0 ? static_cast<std::size_t>(endpoint_.most_at_once) : kMostOfQuick;
  TellingStore& tellings = store_.tellings();
  if (endpoint_.group_wait_ms > 0) {
    bool closing = false;
    {
      const std::lock_guard lock(mutex_);
      closing = closing_;
    }
    if (closing) {
      if (const auto closed = tellings.close_groups(number_, now_ms); !closed) return closed.error();
    }
  }
  Result<std::vector<OutboxItem>> items =
      endpoint_.forms_messages()
          ? tellings.message(number_, {now_ms, at_once, pacing_.overflowed})
          : store_.due(number_, now_ms, std::min({at_once_, at_once, std::max(most, kOne)}));
  if (items && endpoint_.wants_began) {
    if (const auto added = tellings.add_began(*items); !added) return added.error();
  }
  return items;
}

/// What waits for the limit now is folded into a digest later.
Result<void> EndpointHost::wait_for_limit() {
  if (!endpoint_.groups) return {};
  const Result<std::int64_t> last = store_.tellings().last_waiting(number_);
  if (!last) return last.error();
  if (*last <= pacing_.overflowed) return {};
  return change_pacing([&](Pacing& pacing) {
    pacing.overflowed = std::max(pacing.overflowed, *last);
    return true;
  });
}

Result<void> EndpointHost::change_pacing(const PacingChange& change) {
  const Result<bool> changed = store_.change_pacing(number_, pacing_, change);
  return changed ? Result<void>() : changed.error();
}

/// How many messages the rate limit lets through.
std::size_t EndpointHost::allowed_by(Pacing& pacing, std::int64_t now_ms) const {
  if (endpoint_.rate_limit <= 0) return kMostOfQuick;
  // A clock that was set back must not hold anything up for longer than the period; that of another machine may be ahead.
  const bool shared = store_.is_shared_pacing();
  std::erase_if(pacing.recent_ms, [&](std::int64_t at) {
    return at <= now_ms - endpoint_.rate_period_ms || (shared ? was_clock_ahead(at, now_ms) : at > now_ms);
  });
  const auto limit = static_cast<std::size_t>(endpoint_.rate_limit);
  return limit - std::min(limit, pacing.recent_ms.size());
}

/// Asks what became of retrainings that this endpoint has taken, where it is time for it. Returns after how
/// many milliseconds to come again; nothing: there are none.
Result<std::optional<std::int64_t>> EndpointHost::poll_due() {
  if (endpoint_.poll_ms == 0 || host_->cancelled.load()) return std::optional<std::int64_t>();
  if (owner_.library()->classes().front().delivery.poll == nullptr) {
    return std::optional<std::int64_t>();
  }
  const std::int64_t now_ms = clock_.now_ns() / kNsPerMs;
  const Result<std::vector<OutboxItem>> due = store_.due_polls(number_, now_ms, kMostPolled);
  if (!due) return due.error();
  std::vector<PollSettlement> settlements;
  for (const OutboxItem& item : *due) {
    if (!host_->cancelled.load()) settlements.push_back(poll(item));
  }
  if (!settlements.empty()) {
    if (const auto settled = store_.settle_polls(number_, settlements); !settled) {
      return settled.error();
    }
  }
  const Result<std::optional<std::int64_t>> next = store_.next_poll_ms(number_);
  if (!next || !*next) return next;
  // A run that ends asks once, however short the time between two polls.
  const std::int64_t soonest = due->size() == kMostPolled ? 0 : 1;
  return std::optional(std::clamp(**next - now_ms, soonest, kLongestRestMs));
}

PollSettlement EndpointHost::poll(const OutboxItem& item) {
  const mlmon_delivery_item asked = {sizeof(mlmon_delivery_item),
                                     1,
                                     {item.id.data(), item.id.size()},
                                     {item.json.data(), item.json.size()},
                                     {nullptr, 0}};
  mlmon_job_report report = {sizeof(mlmon_job_report), MLMON_JOB_OPEN, {nullptr, 0}};
  host_->said.clear();
  const std::int32_t code =
      owner_.library()->classes().front().delivery.poll(instance_, &asked, &report);
  const std::int64_t now_ns = clock_.now_ns();
  PollSettlement settlement{item.row, now_ns / kNsPerMs + endpoint_.poll_ms, std::nullopt};
  const std::string text = owner_.secrets().blank(
      code < 0 ? delivery_failure(*host_, code) : std::string(report.text.ptr, report.text.len));
  const char* const status = code < 0                                ? nullptr
                             : report.status == MLMON_JOB_DONE      ? "done"
                             : report.status == MLMON_JOB_FAILED    ? "failed"
                             : report.status == MLMON_JOB_CANCELLED ? "cancelled"
                                                                    : nullptr;
  if (status != nullptr) {
    settlement.end = JobEnd{item.id, status, text, now_ns};
    host_->log.log(LogLevel::kInfo, origin_, "job " + item.id + " is " + status);
  } else if (!text.empty() && !host_->cancelled.load()) {
    host_->log.log(LogLevel::kWarn, origin_, "job " + item.id + " will be asked for again: " + text);
  }
  return settlement;
}

/// Rests until there is something to do again; false: there never will be. `asked`: the notify()s that were
/// made before the round. `poll_ms`: until the next poll, which a run that ends does not wait for.
bool EndpointHost::rest(std::uint64_t asked, const Result<Rest>& rest,
                        const Result<std::optional<std::int64_t>>& poll_ms) {
  std::unique_lock lock(mutex_);
  if (!poll_ms) failure_ = poll_ms.error().text;
  if (!rest) failure_ = rest.error().text;
  const bool polls_now = poll_ms && *poll_ms == std::optional<std::int64_t>(0);
  if (!rest || (rest->idle && !polls_now)) answered_ = asked;
  wake_();
  if (!rest || !poll_ms) return false;
  const auto called = [&] { return stopping_ || asked_ != asked; };
  if (rest->after_ms || *poll_ms) {
    const std::int64_t nap_ms =
        std::min(rest->after_ms.value_or(kLongestRestMs), poll_ms->value_or(kLongestRestMs));
    changed_.wait_for(lock, std::chrono::milliseconds(nap_ms), called);
  } else {
    changed_.wait(lock, called);
  }
  return !stopping_;
}

}  // namespace mlmon
