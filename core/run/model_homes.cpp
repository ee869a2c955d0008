#include "core/run/model_homes.h"

#include <utility>

#include "core/by_handle.h"

namespace mlmon {

std::uint64_t ModelHomes::count_misplaced(
    const Batch& batch, const std::function<void(const std::string& model, std::size_t home)>& tell) {
  std::uint64_t misplaced = 0;
  for (const std::uint32_t model : batch.model) {
    Home& home = home_of(model, batch.source_index);
    if (home.source == batch.source_index) continue;
    ++misplaced;
    if (!std::exchange(home.told, true)) tell(std::string(models_.at(model).name), home.source);
  }
  return misplaced;
}

ModelHomes::Home& ModelHomes::home_of(std::uint32_t model, std::size_t source) {
  Home*& home = by_handle(homes_, model);
  if (home == nullptr) home = &by_name_.try_emplace(std::string(models_.at(model).name), Home{source}).first->second;
  return *home;
}

}  // namespace mlmon
