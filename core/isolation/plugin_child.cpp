#include "core/isolation/plugin_child.h"

#include <utility>

namespace mlmon {
namespace {

constexpr std::size_t kSendAtOnce = 256 * 1024;

void add_types(FrameWriter& frame, const std::vector<std::string>& types) {
  frame.u32(static_cast<std::uint32_t>(types.size()));
  for (const std::string& type : types) frame.text(type);
}

std::string_view text_or_none(const char* text) { return text != nullptr ? text : ""; }

}  // namespace

PluginChild::PluginChild(FrameSocket socket, BatchRegion region)
    : socket_(std::move(socket)), region_(std::move(region)), thread_(std::this_thread::get_id()) {}

bool PluginChild::serve(const std::string& path, const std::string& host_version) {
  const auto library = PluginLibrary::load(path, host_version);
  if (!library) {
    pass_on(FrameWriter(FrameKind::kReturn).i32(MLMON_E_FAILED).text(library.error().text).u32(0).take());
    return flush();
  }
  class_ = &(*library)->classes().front();
  pass_on(hello());
  if (!flush()) return false;
  FrameSocket::Frame frame;
  for (;;) {
    const Status status = socket_.receive(frame, FrameSocket::kNever);
    // Without its host it has nothing left to do, and nobody to tell.
    if (status != Status::kOk || broken_) return false;
    if (frame.kind == FrameKind::kDestroy) break;
    if (!take(frame)) return false;
  }
  if (instance_ != nullptr) class_->observer.destroy(std::exchange(instance_, nullptr));
  return flush();
}

std::string PluginChild::hello() const {
  const mlmon_class& about = class_->about;
  const mlmon_observer_role& role = class_->observer;
  const std::uint32_t has = (role.on_tick != nullptr ? kHasTick : 0) | (role.finish != nullptr ? kHasFinish : 0) |
                            (role.migrate != nullptr ? kHasMigrate : 0) |
                            (role.explain != nullptr ? kHasExplain : 0) | kWantsRaw |
                            (class_->observes() ? kObserves : 0) | (class_->delivers() ? kDelivers : 0);
  FrameWriter frame(FrameKind::kHello);
  frame.u32(kProtocolVersion).u32(has).u32(about.state_version);
  frame.text(about.id).text(about.version).text(about.summary).text(text_or_none(about.config_schema));
  add_types(frame, class_->subscribes);
  add_types(frame, class_->emits);
  return frame.take();
}

/// Does what a frame of the host's asks for; false: it cannot be, or the host has gone.
bool PluginChild::take(const FrameSocket::Frame& frame) {
  FrameReader in(frame.content);
  const mlmon_observer_role& role = class_->observer;
  switch (frame.kind) {
    case FrameKind::kModels:
      return take_models(in);
    case FrameKind::kState:
      return take_state(in);
    case FrameKind::kCreate:
      return create(in);
    case FrameKind::kBatch:
      if (instance_ == nullptr || !batch_.read(frame.content, region_.memory())) return false;
      return end_call(role.on_batch(instance_, &batch_.batch()));
    case FrameKind::kTick: {
      const mlmon_tick tick = {sizeof tick, 0, in.i64()};
      if (instance_ == nullptr || role.on_tick == nullptr || !in.whole()) return false;
      return end_call(role.on_tick(instance_, &tick));
    }
    case FrameKind::kFinish:
      return instance_ != nullptr && role.finish != nullptr && end_call(role.finish(instance_));
    case FrameKind::kMigrate: {
      const std::uint32_t from = in.u32();
      if (instance_ == nullptr || role.migrate == nullptr || !in.whole()) return false;
      return end_call(role.migrate(instance_, from));
    }
    case FrameKind::kExplain: {
      const std::uint32_t model = in.u32();
      return instance_ != nullptr && role.explain != nullptr && in.whole() && explain(model);
    }
    default:
      return false;
  }
}

bool PluginChild::explain(std::uint32_t model) {
  mlmon_str json = {"", 0};
  const std::int32_t code = class_->observer.explain(instance_, model, &json);
  if (code == MLMON_OK) pass_on(FrameWriter(FrameKind::kExplanation).text({json.ptr, json.len}).take());
  return end_call(code);
}

bool PluginChild::create(FrameReader& in) {
  explaining_ = in.u32() != 0;
  const std::string config(in.text());
  if (!in.whole() || instance_ != nullptr || class_->observer.create == nullptr) return false;
  const std::int32_t code =
      class_->observer.create(handle(), &child_services(), {config.data(), config.size()}, &instance_);
  if (code != MLMON_OK) instance_ = nullptr;
  if (code == MLMON_OK && instance_ == nullptr) {
    said_ = "create gave no instance";
    return end_call(MLMON_E_FAILED);
  }
  return end_call(code);
}

bool PluginChild::take_models(FrameReader& in) {
  const std::uint32_t first = in.u32(), n = in.u32();
  for (std::uint32_t i = 0; i < n && in.ok(); ++i) {
    const std::string_view name = in.text(), version = in.text();
    in.text();
    const std::int64_t seconds = in.i64();
    const std::uint32_t nanos = in.u32();
    const Instant deployed{seconds, static_cast<std::int32_t>(nanos)};
    if (models_.intern(name, version, deployed) != first + i) return false;
  }
  return in.whole();
}

bool PluginChild::take_state(FrameReader& in) {
  const std::uint32_t model = in.u32();
  if (in.u32() != 0) state_.begin_anew(model);
  const std::uint32_t n = in.u32();
  for (std::uint32_t i = 0; i < n && in.ok(); ++i) {
    const std::string_view key = in.text();
    state_.load(model, key, in.text());
  }
  return in.whole();
}

bool PluginChild::end_call(std::int32_t code) {
  state_.begin();
  std::string text = std::exchange(said_, {});
  std::vector<std::pair<std::uint32_t, std::uint64_t>> counts;
  {
    const std::lock_guard lock(mutex_);
    if (!misuse_.empty()) {
      text = misuse_;
      code = MLMON_E_INVALID;
    }
    for (std::uint32_t counter = 0; counter < counted_.size(); ++counter) {
      if (counted_[counter] > 0) counts.emplace_back(counter, std::exchange(counted_[counter], 0));
    }
  }
  FrameWriter frame(FrameKind::kReturn);
  frame.i32(code).text(text).u32(static_cast<std::uint32_t>(counts.size()));
  for (const auto& [counter, more] : counts) frame.u32(counter).u64(more);
  pass_on(frame.take());
  return flush();
}

void PluginChild::pass_on(std::string frame) {
  bool much = false;
  {
    const std::lock_guard lock(mutex_);
    out_ += frame;
    much = out_.size() >= kSendAtOnce;
  }
  if (much) flush();
}

bool PluginChild::flush() {
  const std::lock_guard lock(mutex_);
  if (!out_.empty() && socket_.send(out_, FrameSocket::kNever) != Status::kOk) broken_ = true;
  out_.clear();
  return !broken_;
}

PluginChild::Answer PluginChild::ask(std::string frame) {
  pass_on(std::move(frame));
  FrameSocket::Frame reply;
  if (!flush() || socket_.receive(reply, FrameSocket::kNever) != Status::kOk ||
      reply.kind != FrameKind::kAnswer) {
    broken_ = true;
    return {};
  }
  FrameReader in(reply.content);
  Answer answer;
  answer.code = in.i32();
  answer.number = in.u32();
  answer.text = in.text();
  return answer;
}

bool PluginChild::own_thread(const char* service) {
  if (std::this_thread::get_id() == thread_) return true;
  misused(std::string("it called ") + service + " from another thread than the observer's");
  return false;
}

std::int32_t PluginChild::misused(std::string how) {
  const std::lock_guard lock(mutex_);
  if (misuse_.empty()) misuse_ = std::move(how);
  return MLMON_E_INVALID;
}

}  // namespace mlmon
