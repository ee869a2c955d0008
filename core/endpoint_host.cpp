#include "core/endpoint_host.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <random>
#include <utility>

#include "core/delivery_services.h"

namespace mlmon {
namespace {

constexpr std::size_t kAtOnce = 64;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kLongestRestMs = 60'000;  // the wall clock may be set

}  // namespace

EndpointHost::EndpointHost(const RouterHost& router, std::uint32_t index, std::uint32_t number,
                           Store& store, const Clock& clock, LogSink& log,
                           std::function<void()> wake)
    : router_(router),
      endpoint_(router.endpoints()[index]),
      index_(index),
      number_(number),
      store_(store),
      clock_(clock),
      wake_(std::move(wake)),
      origin_(router.observer() + "." + endpoint_.name),
      host_(new mlmon_delivery_host{origin_, log}) {}

EndpointHost::~EndpointHost() { stop(); }

Result<void> EndpointHost::start() {
  std::promise<Result<void>> created;
  auto outcome = created.get_future();
  thread_ = std::thread([this, &created] {
    Result<void> result = create();
    const bool ok = result.ok();
    created.set_value(std::move(result));
    if (ok) run();
  });
  Result<void> result = outcome.get();
  if (!result) {
    thread_.join();
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

bool EndpointHost::idle() const {
  const std::lock_guard lock(mutex_);
  return asked_ == answered_ || !failure_.empty();
}

void EndpointHost::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  host_->cancelled.store(true);
  changed_.notify_one();
  thread_.join();
}

std::string EndpointHost::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

Result<void> EndpointHost::create() {
  const mlmon_delivery_role& role = router_.library()->classes().front().delivery;
  const std::string& config = router_.config();
  const std::int32_t code = role.create(host_.get(), &kDeliveryServices,
                                        {config.data(), config.size()}, index_, &instance_);
  if (code != MLMON_OK) return Error{delivery_failure(*host_, code)}.in(origin_);
  if (instance_ == nullptr) return Error{origin_ + ": create gave no instance"};
  return {};
}

void EndpointHost::run() {
  for (bool more = true; more;) {
    std::uint64_t asked = 0;
    {
      const std::lock_guard lock(mutex_);
      asked = asked_;
    }
    more = rest(asked, deliver_due());
  }
  router_.library()->classes().front().delivery.destroy(instance_);
}

/// Delivers one round. Returns after how many milliseconds to come again; nothing: nothing waits.
Result<std::optional<std::int64_t>> EndpointHost::deliver_due() {
  const std::int64_t now_ms = clock_.now_ns() / kNsPerMs;
  const Result<std::vector<OutboxItem>> due = store_.due(number_, now_ms, kAtOnce);
  if (!due) return due.error();
  if (due->empty()) {
    const Result<std::optional<std::int64_t>> next = store_.next_due_ms(number_);
    if (!next || !*next) return next;
    return std::optional(std::clamp<std::int64_t>(**next - now_ms, 1, kLongestRestMs));
  }

  std::vector<mlmon_delivery_item> items;
  for (const OutboxItem& item : *due) {
    items.push_back({sizeof(mlmon_delivery_item),
                     item.attempts + 1,
                     {item.id.data(), item.id.size()},
                     {item.json.data(), item.json.size()}});
  }
  std::vector<mlmon_delivery_result> results(items.size(), {sizeof(mlmon_delivery_result),
                                                            MLMON_RETRY, -1, {nullptr, 0}});
  host_->said.clear();
  const std::int32_t code = router_.library()->classes().front().delivery.deliver(
      instance_, items.data(), static_cast<std::uint32_t>(items.size()), results.data());
  const Result<void> settled = store_.settle(settle(*due, results, code));
  if (!settled) return settled.error();
  return std::optional(std::int64_t{0});
}

/// Rests until there is something to do again; false: there never will be. `asked`: the notify()s that were
/// made before the round.
bool EndpointHost::rest(std::uint64_t asked, const Result<std::optional<std::int64_t>>& rest_ms) {
  std::unique_lock lock(mutex_);
  if (!rest_ms) failure_ = rest_ms.error().text;
  if (!rest_ms || !*rest_ms) answered_ = asked;
  wake_();
  if (!rest_ms) return false;
  const auto called = [&] { return stopping_ || asked_ != asked; };
  if (*rest_ms) {
    changed_.wait_for(lock, std::chrono::milliseconds(**rest_ms), called);
  } else {
    changed_.wait(lock, called);
  }
  return !stopping_;
}

std::vector<Settlement> EndpointHost::settle(const std::vector<OutboxItem>& items,
                                             const std::vector<mlmon_delivery_result>& results,
                                             std::int32_t code) {
  std::vector<Settlement> settlements;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Settlement settlement;
    settlement.row = items[i].row;
    const mlmon_delivery_result& result = results[i];
    if (code >= 0 && result.status == MLMON_DELIVERED) {
      settlements.push_back(settlement);
      continue;
    }
    const bool dead = code >= 0 && result.status == MLMON_DEAD;
    settlement.status = dead ? Settlement::Status::kDead : Settlement::Status::kWaiting;
    settlement.error = code < 0 ? delivery_failure(*host_, code)
                                : std::string(result.text.ptr, result.text.len);
    settlement.next_try_ms = clock_.now_ns() / kNsPerMs +
                             std::max(result.retry_after_ms, back_off_ms(items[i].attempts));
    host_->log.log(dead ? LogLevel::kError : LogLevel::kWarn, origin_,
                   (dead ? "failed for good: " : "will be tried again: ") + settlement.error);
    settlements.push_back(std::move(settlement));
  }
  return settlements;
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
