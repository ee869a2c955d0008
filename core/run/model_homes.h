#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/event/batch.h"
#include "core/event/models.h"

namespace mlmon {

/// In which partition of a log each model was seen first. Order is kept in a partition only, so all events of a
/// model (by its name) belong into one. Belongs to the pipeline's thread.
class ModelHomes {
 public:
  explicit ModelHomes(const ModelTable& models) : models_(models) {}

  /// Events of the batch whose model is at home elsewhere. `tell` is called once for each such model.
  std::uint64_t count_misplaced(const Batch& batch,
                                const std::function<void(const std::string& model, std::size_t home)>& tell);

 private:
  struct Home {
    std::size_t source;
    bool told = false;
  };
  Home& home_of(std::uint32_t model, std::size_t source);

  const ModelTable& models_;
  std::unordered_map<std::string, Home> by_name_;
  std::vector<Home*> homes_;
};

}  // namespace mlmon
