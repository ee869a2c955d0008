#pragma once

#include <cstdint>
#include <mlmon/observer.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace mlmon::alert {

/// Which deployments there are of each name, and how many rules hold for them: to find those that a
/// newer one has superseded.
class Succession {
 public:
  explicit Succession(std::int64_t after_ns) : after_ns_(after_ns) {}

  bool knows(mlmon_model model) const {
    return model < deployments_.size() && deployments_[model].name != kNoName;
  }
  void add(mlmon_model model, const Model& described);

  /// A rule started to hold for the model (1), or stopped (-1).
  void count(mlmon_model model, int rules);

  /// The older deployments for which rules hold, in their order, where it is time for them to end.
  std::vector<mlmon_model> superseded_by(mlmon_model model, std::int64_t now_ns) const;

 private:
  static constexpr std::size_t kNoName = ~std::size_t{0};

  struct Deployment {
    std::size_t name = kNoName;
    std::int64_t at_s = 0;
    std::uint32_t at_ns = 0;
    std::int64_t due_ns = 0;  // when it supersedes
    std::string version;
    int holding = 0;
  };
  struct Name {
    std::vector<mlmon_model> deployments;
    int holding = 0;
  };

  const std::int64_t after_ns_;
  std::vector<Deployment> deployments_;  // by handle
  std::vector<Name> names_;
  std::unordered_map<std::string, std::size_t> index_;  // of names
};

}  // namespace mlmon::alert
