#include "core/isolation/child_knowledge.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/by_handle.h"
#include "core/isolation/frame.h"
#include "core/plugin/abi_text.h"

namespace mlmon {
namespace {

constexpr std::size_t kModelsAtOnce = 4096;
constexpr std::size_t kStateAtOnce = 1024 * 1024;

}  // namespace

void ChildKnowledge::add_models(std::uint32_t up_to, std::string& frames) {
  while (models_sent_ < up_to) {
    const std::uint32_t n = std::min<std::uint32_t>(up_to - models_sent_, kModelsAtOnce);
    FrameWriter frame(FrameKind::kModels);
    frame.u32(models_sent_ + 1).u32(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      mlmon_model_info info = {};
      info.size = sizeof info;
      services_->model_info(host_, ++models_sent_, &info);
      frame.text(view(info.name)).text(view(info.version)).text(view(info.deployed_at));
      frame.i64(info.deployed_s).u32(info.deployed_ns);
    }
    frames += frame.take();
  }
}

void ChildKnowledge::add_batch(const mlmon_batch& batch, std::string& frames) {
  const std::uint32_t newest =
      batch.rows == 0 ? 0 : *std::max_element(batch.model, batch.model + batch.rows);
  add_models(newest, frames);
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    const std::uint32_t model = batch.model[row];
    if (by_handle(met_, model)) continue;
    met_[model] = true;
    add_state(model, frames);  // what was kept may have been forgotten before its first event
  }
}

/// What is kept of a model, in as many frames as it needs; nothing, where there is none and was none.
void ChildKnowledge::add_state(std::uint32_t model, std::string& frames) {
  std::vector<std::pair<std::string, std::string>> items;
  mlmon_state_item item = {};
  item.size = sizeof item;
  services_->state_scan(host_, model);
  while (services_->state_next(host_, &item) == MLMON_OK) items.emplace_back(view(item.key), view(item.value));
  if (items.empty() && !by_handle(state_sent_, model)) return;
  by_handle(state_sent_, model) = true;
  bool first = true;
  for (std::size_t at = 0; first || at < items.size(); first = false) {
    std::size_t end = at, bytes = 0;
    while (end < items.size() && (end == at || bytes < kStateAtOnce)) bytes += items[end++].second.size();
    FrameWriter frame(FrameKind::kState);
    frame.u32(model).u32(first ? 1 : 0).u32(static_cast<std::uint32_t>(end - at));
    for (; at < end; ++at) frame.text(items[at].first).text(items[at].second);
    frames += frame.take();
  }
}

void ChildKnowledge::add_all_state(std::string& frames) {
  std::vector<std::uint32_t> models;
  mlmon_state_item item = {};
  item.size = sizeof item;
  services_->state_scan(host_, MLMON_EVERY_MODEL);
  while (services_->state_next(host_, &item) == MLMON_OK) models.push_back(item.model);
  if (models.empty()) return;
  add_models(*std::max_element(models.begin(), models.end()), frames);
  models.erase(std::unique(models.begin(), models.end()), models.end());
  for (const std::uint32_t model : models) add_state(model, frames);
}

}  // namespace mlmon
