#pragma once

#include <cstddef>
#include <cstdint>
#include <mlmon/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/rules/problems.h"

namespace mlmon::retraining {

/// How many requests may be made in any span of that length, over all models; 0: any number.
struct BudgetLimit {
  std::size_t requests = 0;
  std::int64_t span_ns = 0;

  static constexpr std::size_t kMost = 10'000;
};

/// "5/30d", "": no limit.
BudgetLimit read_budget(const Json& config, rules::Problems& problems);

/// The newest requests, as many as the limit has.
class Budget {
 public:
  explicit Budget(const BudgetLimit& limit) : limit_(limit) {}

  struct Request {
    std::int64_t at_ns = 0;
    std::string id;
  };

  /// When there is one again; nothing: there is.
  std::optional<std::int64_t> spent_until(std::int64_t now_ns) const;

  /// Counts a request, once by its id. Gives one that does not count any more, if there is one; that
  /// may be this very request.
  std::optional<Request> add(Request request);

  bool has(const std::string& id) const;

 private:
  BudgetLimit limit_;
  std::vector<Request> newest_;  // the oldest first
};

}  // namespace mlmon::retraining
