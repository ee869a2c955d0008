#include "cli/conformance/observer_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "cli/conformance/trial_services.h"

namespace mlmon {

ObserverTrial::ObserverTrial(const mlmon_observer_role& role, std::string config,
                             EventSupply& events, Manners manners, KeptState kept)
    : state(std::move(kept)),
      role_(role),
      config_(std::move(config)),
      events_(events),
      manners_(std::move(manners)),
      writer_("checked", {}, events.models) {
  mlmon_observer_services services = kTrialServices;
  services.size = manners_.services_size;
  services.abi_minor = manners_.abi_minor;
  table_.resize(std::max<std::size_t>(services.size, sizeof services));
  std::memcpy(table_.data(), &services, sizeof services);
  calls_.resize(static_cast<std::size_t>(Service::kLastActionId) + 1);
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
  const std::int32_t code = role_.create(handle(), services, config, &instance_);
  take_back(block);
  phase_ = Phase::kNone;
  CallResult result = judge("create", code);
  if (code == MLMON_OK && instance_ == nullptr) result.wrong = "create gave no instance";
  if (code != MLMON_OK && instance_ != nullptr) {
    result.wrong = "create failed and gave an instance all the same";
    instance_ = nullptr;
  }
  return result;
}

CallResult ObserverTrial::on_batch(const BatchSlice& slice) {
  if (manners_.lending.guarded) lent_batches_.clear();
  slice_ = slice;
  LentBatch& lent =
      lent_batches_.emplace_back(events_.batch, slice_, manners_.lending, manners_.batch_size);
  said_.clear();
  phase_ = Phase::kBatch;
  const std::int32_t code = role_.on_batch(instance_, lent.abi());
  phase_ = Phase::kNone;
  lent.take_back();
  const auto by_seq = [](const Decision& a, const Decision& b) { return a.seq < b.seq; };
  std::stable_sort(decided_.begin(), decided_.end(), by_seq);
  for (Decision& decision : decided_) {
    decisions.push_back(std::move(decision.json));
  }
  decided_.clear();
  return judge("on_batch", code < 0 ? code : MLMON_OK);
}

CallResult ObserverTrial::finish() {
  if (role_.finish == nullptr) return {};
  said_.clear();
  phase_ = Phase::kFinish;
  const std::int32_t code = role_.finish(instance_);
  phase_ = Phase::kNone;
  return judge("finish", code < 0 ? code : MLMON_OK);
}

void ObserverTrial::destroy() {
  if (instance_ == nullptr) return;
  phase_ = Phase::kDestroy;
  role_.destroy(instance_);
  instance_ = nullptr;
  phase_ = Phase::kGone;
}

CallResult ObserverTrial::feed(std::uint32_t from, std::uint32_t to, std::uint32_t size) {
  for (std::uint32_t at = from; at < to; at += std::min(size, to - at)) {
    BatchSlice slice;
    slice.first = at;
    slice.rows = std::min(size, to - at);
    slice.flags = manners_.flags;
    CallResult result = on_batch(slice);
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

std::string ObserverTrial::model_text(mlmon_model model) const {
  std::string text;
  if (model != 0) append_model_json(text, events_.models.at(model));
  return text;
}

void ObserverTrial::take(Decision decision) {
  if (!decision.id.empty()) last_id_ = decision.id;
  decided_.push_back(std::move(decision));
}

}  // namespace mlmon
