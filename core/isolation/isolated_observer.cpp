#include "core/isolation/isolated_observer.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/plugin/abi_text.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kStartLimit = 60 * kNsPerSecond;
constexpr std::int64_t kEndLimit = 5 * kNsPerSecond;
constexpr std::uint32_t kMostTypes = 1024;
constexpr int kMostStarts = 5;  // whoever kills it meanwhile

mlmon_str str(std::string_view text) { return {text.data(), text.size()}; }
IsolatedObserver& from(mlmon_observer* opaque) { return *reinterpret_cast<IsolatedObserver*>(opaque); }

std::vector<std::string> types_of(FrameReader& in) {
  std::vector<std::string> types;
  const std::uint32_t n = in.u32();
  for (std::uint32_t i = 0; i < n && i < kMostTypes && in.ok(); ++i) types.emplace_back(in.text());
  return types;
}

}  // namespace

IsolatedObserver::IsolatedObserver(FrameSocket socket, BatchRegion region, mlmon_observer_host* host,
                                   const mlmon_observer_services* services, const IsolationPlan& plan)
    : socket_(std::move(socket)),
      region_(std::move(region)),
      host_(host),
      services_(services),
      plan_(plan),
      known_(host, services) {}

IsolatedObserver::~IsolatedObserver() {
  if (lost_) return;
  // Its destructor may say something still.
  deadline_ns_ = monotonic_now_ns() + (plan_.call_ns > 0 ? plan_.call_ns : kEndLimit);
  Status status = socket_.send(FrameWriter(FrameKind::kDestroy).take(), deadline_ns_);
  FrameSocket::Frame frame;
  const auto idle = [this] { return is_there(); };
  while (status == Status::kOk && (status = socket_.receive(frame, deadline_ns_, idle)) == Status::kOk) {
    if (frame.kind == FrameKind::kLog && services_ != nullptr) take(frame);
  }
  if (!process_) return;
  const std::string end = process_->end(std::max<std::int64_t>(deadline_ns_ - monotonic_now_ns(), 0));
  if (!end.empty() && end != "exited") log(MLMON_LOG_WARN, "destroy: " + end);
}

Result<std::unique_ptr<IsolatedObserver>> IsolatedObserver::start(const IsolationPlan& plan,
                                                                  mlmon_observer_host* host,
                                                                  const mlmon_observer_services* services) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error{std::generic_category().message(errno)}.in("socketpair");
  }
  FrameSocket socket(ends[0]);
  FrameSocket childs(ends[1]);
  Result<BatchRegion> region = BatchRegion::create();
  if (!region) return region.error();
  Result<PluginProcess> process = PluginProcess::start(plan.command, ends[1], region->fd());
  if (!process) return process.error();
  auto observer = std::make_unique<IsolatedObserver>(std::move(socket), std::move(*region), host, services, plan);
  observer->process_.emplace(std::move(*process));
  return observer;
}

Result<IsolatedObserver::About> IsolatedObserver::hear_hello() {
  FrameSocket::Frame frame;
  deadline_ns_ = monotonic_now_ns() + kStartLimit;
  for (;;) {
    const Status status = socket_.receive(frame, deadline_ns_, [this] { return is_there(); });
    if (status != Status::kOk) {
      lost_ = true;
      std::string end = process_ ? process_->end(status == Status::kEnd ? kNsPerSecond : 0) : "";
      if (status == Status::kTooLate) end = "has not begun after 60 s";
      if (status == Status::kBroken) end = "broke the protocol at its start";
      return Error{"the process of the plugin " + (end.empty() ? "ended at its start" : end)};
    }
    if (frame.kind != FrameKind::kLog) break;
    if (services_ != nullptr) take(frame);
  }
  FrameReader in(frame.content);
  if (frame.kind == FrameKind::kReturn) {  // it cannot even begin, and says why
    in.i32();
    return Error{std::string(in.text())};
  }
  const std::uint32_t version = in.u32();
  if (frame.kind != FrameKind::kHello || version != kProtocolVersion) {
    return Error{fmt::format("the process of the plugin speaks version {} of the protocol, expected {}", version,
                             kProtocolVersion)};
  }
  About about;
  about.has = in.u32();
  about.state_version = in.u32();
  for (std::string* text : {&about.id, &about.version, &about.summary, &about.schema}) *text = in.text();
  about.subscribes = types_of(in);
  about.emits = types_of(in);
  if (!in.whole()) return Error{"the process of the plugin broke the protocol at its start"};
  wants_raw_ = (about.has & kWantsRaw) != 0;
  dense_ = (about.has & kDense) != 0;
  return about;
}

Result<IsolatedObserver::About> IsolatedObserver::ask(const IsolationPlan& plan) {
  for (int failed = 0;;) {
    auto started = start(plan, nullptr, nullptr);
    if (!started) return started.error();
    Result<About> about = (*started)->hear_hello();
    if (about || !(*started)->lost_ || ++failed == kMostStarts) return about;
  }
}

std::int32_t IsolatedObserver::create(const IsolationPlan& plan, mlmon_observer_host* host,
                                      const mlmon_observer_services* services, mlmon_str config,
                                      mlmon_observer** out) {
  auto started = start(plan, host, services);
  if (!started) {
    services->set_error(host, str(started.error().text));
    return kObserverLost;
  }
  if (const Result<About> about = (*started)->hear_hello(); !about) {
    services->set_error(host, str(about.error().text));
    return kObserverLost;
  }
  if (plan.memory > 0) {
    if (const Result<void> limited = (*started)->process_->limit_memory(plan.memory); !limited) {
      services->set_error(host, str(limited.error().text));
      return MLMON_E_FAILED;
    }
  }
  const std::int32_t code = (*started)->begin(config);
  if (code == MLMON_OK) *out = reinterpret_cast<mlmon_observer*>(started->release());
  return code;
}

mlmon_observer_role IsolatedObserver::role(std::uint32_t has) {
  mlmon_observer_role role{};
  role.size = sizeof role;
  role.on_batch = [](mlmon_observer* self, const mlmon_batch* batch) { return from(self).on_batch(*batch); };
  role.destroy = [](mlmon_observer* self) { delete &from(self); };
  if ((has & kHasFinish) != 0) role.finish = [](mlmon_observer* self) { return from(self).finish(); };
  if ((has & kHasTick) != 0) {
    role.on_tick = [](mlmon_observer* self, const mlmon_tick* tick) { return from(self).on_tick(*tick); };
  }
  if ((has & kHasMigrate) != 0) {
    role.migrate = [](mlmon_observer* self, std::uint32_t version) { return from(self).migrate(version); };
  }
  if ((has & kHasExplain) != 0) {
    role.explain = [](mlmon_observer* self, mlmon_model model, mlmon_str* json) {
      return from(self).explain(model, json);
    };
  }
  return role;
}

std::int32_t IsolatedObserver::begin(mlmon_str config) {
  std::string frames;
  known_.add_all_state(frames);
  frames += FrameWriter(FrameKind::kCreate)
                .u32(services_->explaining(host_) != 0 ? 1 : 0)
                .text(view(config))
                .take();
  return converse(std::move(frames));
}

std::int32_t IsolatedObserver::on_batch(const mlmon_batch& batch) {
  if (lost_) return kObserverLost;
  std::string frames;
  known_.add_batch(batch, frames);
  const std::string frame = region_.put(batch, wants_raw_, dense_);
  if (frame.empty()) return lose("its batch is larger than 1 GiB");
  batch_ = &batch;
  const std::int32_t code = converse(frames + frame);
  batch_ = nullptr;
  return code;
}

std::int32_t IsolatedObserver::on_tick(const mlmon_tick& tick) {
  return converse(FrameWriter(FrameKind::kTick).i64(tick.time_ns).take());
}

std::int32_t IsolatedObserver::finish() { return converse(FrameWriter(FrameKind::kFinish).take()); }

std::int32_t IsolatedObserver::migrate(std::uint32_t from_version) {
  return converse(FrameWriter(FrameKind::kMigrate).u32(from_version).take());
}

std::int32_t IsolatedObserver::explain(std::uint32_t model, mlmon_str* json) {
  explained_.clear();
  std::string frames;
  known_.add_models(model, frames);
  const std::int32_t code = converse(frames + FrameWriter(FrameKind::kExplain).u32(model).take());
  *json = str(explained_);
  return code;
}

/// Sends the frames of a call and serves the child until it returns.
std::int32_t IsolatedObserver::converse(std::string frames) {
  if (lost_) return kObserverLost;
  deadline_ns_ = plan_.call_ns > 0 ? monotonic_now_ns() + plan_.call_ns : FrameSocket::kNever;
  const auto idle = [this] {
    if (services_->cancelled(host_) != 0) region_.set_cancelled();
    return is_there();
  };
  if (const Status sent = socket_.send(frames, deadline_ns_, idle); sent != Status::kOk) return lose(sent);
  for (;;) {
    FrameSocket::Frame frame;
    const Status status = socket_.receive(frame, deadline_ns_, idle);
    if (status != Status::kOk) return lose(status);
    if (const auto code = take(frame)) return *code;
  }
}

/// Does what a frame asks for; the code of the call, where it is over.
std::optional<std::int32_t> IsolatedObserver::take(const FrameSocket::Frame& frame) {
  FrameReader in(frame.content);
  std::int32_t result = MLMON_OK;
  switch (frame.kind) {
    case FrameKind::kReturn:
      return end_call(in);
    case FrameKind::kLog: {
      const std::int32_t level = in.i32();
      const std::string_view text = in.text();
      if (in.whole()) log(level, text);
      break;
    }
    case FrameKind::kAct:
      result = act(in);
      break;
    case FrameKind::kSuppress:
      suppress(in);
      break;
    case FrameKind::kEmit:
      emit(in);
      break;
    case FrameKind::kPut: {
      const std::uint32_t model = in.u32();
      const std::string_view key = in.text(), value = in.text();
      if (in.whole()) services_->state_put(host_, model, str(key), str(value));
      break;
    }
    case FrameKind::kDelete: {
      const std::uint32_t model = in.u32();
      const std::string_view key = in.text();
      if (in.whole()) services_->state_delete(host_, model, str(key));
      break;
    }
    case FrameKind::kExplanation:
      explained_ = in.text();
      break;
    default:
      result = question(frame.kind, in);
  }
  if (result == kObserverLost) return result;
  if (!in.whole()) {
    return lose(fmt::format("broke the protocol: a frame of kind {} that is not whole",
                            static_cast<std::uint32_t>(frame.kind)));
  }
  return std::nullopt;
}

std::int32_t IsolatedObserver::end_call(FrameReader& in) {
  const std::int32_t code = in.i32();
  const std::string_view text = in.text();
  std::vector<std::pair<std::uint32_t, std::uint64_t>> counts;
  const std::uint32_t n = in.u32();
  for (std::uint32_t i = 0; i < n && in.ok(); ++i) {
    const std::uint32_t counter = in.u32();
    counts.emplace_back(counter, in.u64());
  }
  if (!in.whole()) return lose("broke the protocol: an end of a call that is not whole");
  for (const auto& [counter, more] : counts) {
    if (services_->count(host_, counter, more) != MLMON_OK) {
      return lose(fmt::format("broke the protocol: it counted {}, which is not a counter", counter));
    }
  }
  if (code == MLMON_E_NOMEM && plan_.memory > 0) {
    return lose(fmt::format("ran out of memory (its limit is {} bytes)", plan_.memory));
  }
  if (!text.empty()) services_->set_error(host_, str(text));
  if (code >= 0) return MLMON_OK;
  return code == kObserverLost ? MLMON_E_FAILED : code;
}

std::int32_t IsolatedObserver::answer(std::int32_t code, std::uint32_t number, std::string_view text) {
  const Status status = socket_.send(
      FrameWriter(FrameKind::kAnswer).i32(code).u32(number).text(text).take(), deadline_ns_);
  return status == Status::kOk ? MLMON_OK : lose(status);
}

/// The row of the batch that the child calls so; one that does not exist, where there is none.
std::uint32_t IsolatedObserver::row_of(std::uint32_t told) const {
  if (!dense_ || batch_ == nullptr || batch_->sel == nullptr) return told;
  return told < batch_->count ? batch_->sel[told] : UINT32_MAX;
}

std::int32_t IsolatedObserver::act(FrameReader& in) {
  mlmon_action action = {};
  action.size = sizeof action;
  action.row = row_of(in.u32());
  action.model = in.u32();
  for (mlmon_str* text : {&action.type, &action.rule, &action.transition, &action.fields}) *text = str(in.text());
  if (!in.whole()) return MLMON_OK;  // take() tells
  const std::int32_t code = services_->act(host_, &action);
  mlmon_str id = {"", 0};
  if (code >= 0) services_->last_action_id(host_, &id);
  return answer(code, 0, view(id));
}

void IsolatedObserver::suppress(FrameReader& in) {
  mlmon_suppression held = {};
  held.size = sizeof held;
  held.row = row_of(in.u32());
  held.model = in.u32();
  held.has_until = in.u32();
  held.until_ns = in.i64();
  for (mlmon_str* text : {&held.of, &held.rule, &held.why, &held.fields}) *text = str(in.text());
  if (in.whole()) services_->suppress(host_, &held);
}

void IsolatedObserver::emit(FrameReader& in) {
  mlmon_derived derived = {};
  derived.size = sizeof derived;
  derived.row = row_of(in.u32());
  derived.model = in.u32();
  derived.type = str(in.text());
  derived.fields = str(in.text());
  if (in.whole()) services_->emit(host_, &derived);
}

/// What the child waits for an answer to.
std::int32_t IsolatedObserver::question(FrameKind kind, FrameReader& in) {
  std::uint32_t number = 0;
  switch (kind) {
    case FrameKind::kProject: {
      mlmon_projection wanted = {};
      wanted.size = sizeof wanted;
      wanted.type = in.u32();
      wanted.pointer = str(in.text());
      wanted.event_type = str(in.text());
      if (!in.whole()) return MLMON_OK;
      const std::int32_t code = services_->project(host_, &wanted, &number);
      return answer(code, number);
    }
    case FrameKind::kSubscribe: {
      const std::string_view type = in.text();
      if (!in.whole()) return MLMON_OK;
      const std::int32_t code = services_->subscribe(host_, str(type), &number);
      return answer(code, number);
    }
    case FrameKind::kCounter: {
      const std::string_view name = in.text(), help = in.text();
      if (!in.whole()) return MLMON_OK;
      const std::int32_t code = services_->counter(host_, str(name), str(help), &number);
      return answer(code, number);
    }
    case FrameKind::kTickEvery: {
      const std::int64_t period_ns = in.i64();
      return in.whole() ? answer(services_->tick_every(host_, period_ns)) : MLMON_OK;
    }
    case FrameKind::kKind: {
      const std::uint32_t wanted = in.u32();
      mlmon_str type = {"", 0};
      if (!in.whole()) return MLMON_OK;
      const std::int32_t code = services_->kind_name(host_, wanted, &type);
      return answer(code, wanted, view(type));
    }
    case FrameKind::kRaw: {
      const std::uint32_t row = row_of(in.u32());
      if (!in.whole()) return MLMON_OK;
      if (batch_ == nullptr || row >= batch_->rows) return answer(MLMON_E_NOT_FOUND);
      return answer(MLMON_OK, row, {batch_->raw + batch_->raw_off[row], batch_->raw_len[row]});
    }
    default:
      return lose(fmt::format("broke the protocol: a frame of the unknown kind {}",
                              static_cast<std::uint32_t>(kind)));
  }
}

std::int32_t IsolatedObserver::lose(Status status) {
  if (status == Status::kTooLate) {
    return lose(fmt::format("did not return within {} ms, its limit for one call", plan_.call_ns / kNsPerMs));
  }
  if (status == Status::kBroken) return lose("broke the protocol: a frame that is too long");
  std::string end = process_ ? process_->end(kNsPerSecond) : "";
  return lose(end.empty() ? "closed its connection" : std::move(end));
}

std::int32_t IsolatedObserver::lose(std::string why) {
  lost_ = true;
  if (process_) process_->end(0);
  services_->set_error(host_, str(why));
  return kObserverLost;
}

bool IsolatedObserver::is_there() const { return !process_ || process_->is_running(); }

void IsolatedObserver::log(std::int32_t level, std::string_view text) {
  if (services_ != nullptr) services_->log(host_, level, str(text));
}

}  // namespace mlmon
