#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/report/chart.h"
#include "core/event/instant.h"
#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// What observers decided about each model, as far as the state still has the texts.
class Decisions {
 public:
  struct OfModel {
    std::map<std::string, std::vector<ChartMarks::Span>> firing;  // by figure
    std::vector<ChartMarks::Moment> retrainings;
  };

  static Result<Decisions> read(Database& database);

  /// Null: there are none.
  const OfModel* of(std::string_view name, std::string_view version,
                    const Instant& deployed_at) const;

 private:
  Result<void> read_alerts(Database& database);
  Result<void> read_retrainings(Database& database);

  std::map<std::string, OfModel, std::less<>> by_model_;
};

}  // namespace mlmon
