#include "core/observer/subscription.h"

#include <algorithm>
#include <utility>

namespace mlmon {

Subscription::Subscription(GlobList names, std::vector<std::uint32_t> kinds,
                           const ModelTable& models)
    : names_(std::move(names)),
      every_name_(names_.matches_everything()),
      kinds_(std::move(kinds)),
      models_(&models) {}

void Subscription::select(const Batch& batch, std::uint32_t first, std::uint32_t rows,
                          std::vector<std::uint32_t>& selected) {
  selected.clear();
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (wants(batch, first + row)) selected.push_back(row);
  }
}

std::uint64_t Subscription::count(const Batch& batch, std::uint32_t first, std::uint32_t rows) {
  if (everything()) return rows;
  std::uint64_t wanted = 0;
  for (std::uint32_t row = 0; row < rows; ++row) wanted += wants(batch, first + row) ? 1 : 0;
  return wanted;
}

bool Subscription::wants(const Batch& batch, std::uint32_t row) {
  const bool of_kind = kinds_.empty() ||
                       std::find(kinds_.begin(), kinds_.end(), batch.kind[row]) != kinds_.end();
  return of_kind && (every_name_ || name_matches(batch.model[row]));
}

bool Subscription::name_matches(std::uint32_t model) {
  if (model >= matches_.size()) matches_.resize(model + 1 + model / 2, Match::kUnknown);
  Match& match = matches_[model];
  if (match == Match::kUnknown) {
    match = names_.matches(models_->at(model).name) ? Match::kYes : Match::kNo;
  }
  return match == Match::kYes;
}

}  // namespace mlmon
