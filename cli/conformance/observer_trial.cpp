#include "cli/conformance/observer_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "cli/conformance/trial_services.h"

namespace mlmon {
namespace {

const KeptState::key_type kEventTime = {"", "mlmon:event_time"};

}  // namespace

ObserverTrial::ObserverTrial(const PluginClass& item, std::string config, EventSupply& events,
                             Manners manners, KeptState kept)
    : state(std::move(kept)),
      item_(item),
      config_(std::move(config)),
      events_(events),
      manners_(manners),
      writer_("checked", events.rules(), events.models) {
  for (const std::string& type : events.types()) wishes_.types().intern(type);
  for (const std::string& type : item.subscribes) kinds_.push_back(wishes_.types().intern(type));
  mlmon_observer_services services = trial_services();
  services.size = manners_.services_size;
  services.abi_minor = manners_.abi_minor;
  table_.resize(std::max<std::size_t>(services.size, sizeof services));
  std::memcpy(table_.data(), &services, sizeof services);
  if (manners_.lending.guarded) {
    guarded_table_ = std::make_unique<GuardedBlock>("the table of services",
                                                    std::string_view(table_.data(), services.size),
                                                    manners_.lending.flush, "destroy had returned");
  }
}

ObserverTrial::~ObserverTrial() { destroy(); }

mlmon_observer_host* ObserverTrial::handle() {
  return reinterpret_cast<mlmon_observer_host*>(this);
}

CallResult ObserverTrial::create() {
  owner_ = std::this_thread::get_id();
  phase_ = Phase::kCreate;
  std::unique_ptr<GuardedBlock> block;
  const mlmon_str config = lend(block, "the configuration", config_, "create had returned");
  const auto* services = reinterpret_cast<const mlmon_observer_services*>(
      guarded_table_ ? guarded_table_->data() : table_.data());
  const std::int32_t code = item_.make(handle(), services, config, &instance_);
  take_back(block);
  phase_ = Phase::kNone;
  CallResult result = judge("create", code);
  if (code == MLMON_OK && instance_ == nullptr) result.wrong = "create gave no instance";
  if (code != MLMON_OK && instance_ != nullptr) {
    result.wrong = "create failed and gave an instance all the same";
    instance_ = nullptr;
  }
  events_.project(wishes_.rules().projections);
  clock_.tick_every(tick_every_ns_);
  if (const auto kept = state.find(kEventTime); kept != state.end()) clock_.go_on(kept->second);
  return result.ok() ? migrate() : result;
}

CallResult ObserverTrial::migrate() {
  if (!manners_.migrate_from || item_.observer.migrate == nullptr) return {};
  said_.clear();
  phase_ = Phase::kMigrate;
  const std::int32_t code = item_.observer.migrate(instance_, *manners_.migrate_from);
  phase_ = Phase::kNone;
  CallResult result = judge("migrate", std::min(code, MLMON_OK));
  if (code == MLMON_E_UNSUPPORTED) result.wrong.clear();  // says enough
  return result;
}

CallResult ObserverTrial::observe(const BatchSlice& slice) {
  const std::vector<std::uint32_t> rows = selected_of(slice);
  BatchSlice part = slice;
  part.rows = 0;
  part.selected.emplace();
  std::uint32_t begin = slice.first;
  const auto pass_on = [&](std::uint32_t end) {
    part.first = begin;
    part.rows = end - begin;
    if (part.selected->size() == part.rows && !slice.selected) part.selected.reset();
    CallResult result =
        on_batch(std::exchange(part, {0, 0, std::vector<std::uint32_t>(), slice.flags, 0}));
    begin = end;
    return result;
  };
  for (const std::uint32_t row : rows) {
    const std::int64_t time_ns = events_.batch.time_ns[row];
    if (clock_.ticks() && events_.batch.kind[row] != kJob) {
      if (const auto tick_ns = clock_.due_before(time_ns)) {
        if (CallResult result = pass_on(row); !result.ok()) return result;
        if (CallResult result = on_tick(row, *tick_ns); !result.ok()) return result;
      }
      clock_.see(time_ns);
    }
    part.selected->push_back(row - begin);
  }
  CallResult result = pass_on(slice.first + slice.rows);
  if (clock_.ticks()) keep_event_time();
  return result;
}

/// The rows of the whole supply that it gets.
std::vector<std::uint32_t> ObserverTrial::selected_of(const BatchSlice& slice) const {
  std::vector<std::uint32_t> rows;
  const auto add = [&](std::uint32_t row) {
    if (subscribed(slice.first + row)) rows.push_back(slice.first + row);
  };
  if (slice.selected) {
    std::for_each(slice.selected->begin(), slice.selected->end(), add);
  } else {
    for (std::uint32_t row = 0; row < slice.rows; ++row) add(row);
  }
  return rows;
}

/// REQUIRES: what is selected is subscribed to.
CallResult ObserverTrial::on_batch(BatchSlice slice) {
  const std::size_t count = slice.selected ? slice.selected->size() : slice.rows;
  if (count == 0 && slice.dropped == 0) return {};
  if (manners_.lending.guarded) lent_batches_.clear();
  slice_ = std::move(slice);
  LentBatch& lent = lent_batches_.emplace_back(events_.batch, slice_, columns_, manners_.lending,
                                               manners_.batch_size);
  said_.clear();
  phase_ = Phase::kBatch;
  const std::int32_t code = item_.observer.on_batch(instance_, lent.abi());
  phase_ = Phase::kNone;
  lent.take_back();
  const auto by_seq = [](const Decision& a, const Decision& b) { return a.seq < b.seq; };
  std::stable_sort(decided_.begin(), decided_.end(), by_seq);
  record();
  return judge("on_batch", std::min(code, MLMON_OK));
}

CallResult ObserverTrial::on_tick(std::uint32_t row, std::int64_t tick_ns) {
  const mlmon_tick tick = {sizeof tick, 0, tick_ns};
  slice_ = {row, 1, {}, 0, 0};
  tick_ns_ = tick_ns;
  said_.clear();
  phase_ = Phase::kTick;
  const std::int32_t code = item_.observer.on_tick(instance_, &tick);
  phase_ = Phase::kNone;
  std::stable_sort(decided_.begin(), decided_.end(), [&](const Decision& a, const Decision& b) {
    return comes_before(a.model, b.model);
  });
  record();
  return judge("on_tick", std::min(code, MLMON_OK));
}

CallResult ObserverTrial::finish() {
  if (item_.observer.finish == nullptr) return {};
  said_.clear();
  phase_ = Phase::kFinish;
  const std::int32_t code = item_.observer.finish(instance_);
  phase_ = Phase::kNone;
  return judge("finish", std::min(code, MLMON_OK));
}

CallResult ObserverTrial::explain(mlmon_model model, std::string& said) {
  said_.clear();
  phase_ = Phase::kNone;
  mlmon_str json = {"", 0};
  const std::int32_t code = item_.observer.explain(instance_, model, &json);
  said.assign(json.ptr, json.len);
  return judge("explain", std::min(code, MLMON_OK));
}

void ObserverTrial::destroy() {
  if (instance_ == nullptr) return;
  phase_ = Phase::kDestroy;
  item_.observer.destroy(instance_);
  instance_ = nullptr;
  phase_ = Phase::kGone;
}

CallResult ObserverTrial::feed(std::uint32_t from, std::uint32_t to, std::uint32_t size) {
  for (std::uint32_t at = from; at < to; at += std::min(size, to - at)) {
    BatchSlice slice;
    slice.first = at;
    slice.rows = std::min(size, to - at);
    slice.flags = manners_.flags;
    CallResult result = observe(slice);
    if (!result.ok()) return result;
  }
  return {};
}

CallResult ObserverTrial::live(std::uint32_t size) {
  CallResult result = create();
  if (result.ok()) {
    result = feed(0, events_.batch.rows(), size);
    if (result.ok()) result = finish();
  }
  destroy();
  return result;
}

/// A kind that no host has is one that this observer might get from a later one.
bool ObserverTrial::subscribed(std::uint32_t row) const {
  const std::uint32_t kind = events_.batch.kind[row];
  return kinds_.empty() || std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end() ||
         wishes_.types().name_of(kind) == nullptr;
}

void ObserverTrial::keep_event_time() {
  if (const std::string now = clock_.text(); !now.empty()) state[kEventTime] = now;
}

void ObserverTrial::record() {
  for (Decision& decision : decided_) decisions.push_back(std::move(decision.json));
  decided_.clear();
}

/// A failure needs a text, of the plugin or of the service that it comes from.
CallResult ObserverTrial::judge(const char* callback, std::int32_t code) const {
  CallResult result;
  result.code = code;
  if (code == MLMON_OK) return result;
  const bool services_own =
      (manners_.fault && fault_met && manners_.fault->code == code) || !refusal.empty();
  result.text =
      fmt::format("{} failed: {}", callback, said_.empty() ? fmt::format("code {}", code) : said_);
  if (said_.empty() && !services_own) {
    result.wrong =
        fmt::format("{} failed with code {} and without a text (set_error)", callback, code);
  }
  return result;
}

mlmon_str ObserverTrial::lend(std::unique_ptr<GuardedBlock>& block, const char* name,
                              std::string_view text, const char* until) {
  take_back(block);
  if (manners_.lending.guarded) {
    block = std::make_unique<GuardedBlock>(name, text, manners_.lending.flush, until);
    return {block->data(), text.size()};
  }
  const std::string& lent = lent_texts_.emplace_back(text);
  return {lent.data(), lent.size()};
}

void ObserverTrial::take_back(std::unique_ptr<GuardedBlock>& block) const {
  if (block && manners_.lending.take_back) block->take_back();
  block.reset();
}

const std::string& ObserverTrial::model_text(mlmon_model model) {
  while (model_texts_.size() <= model) {
    const auto handle = static_cast<mlmon_model>(model_texts_.size());
    std::string text;
    if (handle != 0) append_model_json(text, events_.models.at(handle));
    models_of_[text] = handle;
    model_texts_.push_back(std::move(text));
  }
  return model_texts_[model];
}

mlmon_model ObserverTrial::model_of(const std::string& text) {
  model_text(events_.models.size());
  return models_of_.at(text);
}

/// By what is the same in every run.
bool ObserverTrial::comes_before(mlmon_model model, mlmon_model other) const {
  if (model == other || model == 0 || other == 0) return model < other;
  const Model &a = events_.models.at(model), &b = events_.models.at(other);
  return std::tie(a.name, a.version, a.deployed_at) < std::tie(b.name, b.version, b.deployed_at);
}

}  // namespace mlmon
