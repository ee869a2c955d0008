#pragma once

#include <mlmon/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/transport/globs.h"

namespace mlmon::alert {

/// Which alerts a receiver gets: those that fit all of severity, models, rules and labels that its
/// table names. A label that an alert lacks does not fit.
class ReceiverFilter {
 public:
  ReceiverFilter() = default;                      // every alert
  explicit ReceiverFilter(const Json& receiver, bool by_labels = true);  // throws config_error
  bool lets_through(const Json& action) const;

  /// It lets every alert through.
  bool open() const { return !severity_ && !models_ && !rules_ && labels_.empty(); }

 private:
  bool labels_fit(const Json& action) const;

  std::optional<std::vector<std::string>> severity_;
  std::optional<transport::Globs> models_, rules_;
  std::vector<std::pair<std::string, std::string>> labels_;
};

}  // namespace mlmon::alert
