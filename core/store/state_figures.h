#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// The numbers that a monitoring system wants of a state: totals over its life, and what holds now.
struct StateFigures {
  struct Total {
    std::string name, first, second;
    std::int64_t value = 0;
  };
  struct Model {
    std::string name, version;
    std::int64_t last_event_ns = 0;  // of its newest deployment
  };
  struct Count {
    std::string first, second;
    std::int64_t value = 0;
  };

  std::vector<Total> totals;
  std::vector<Model> models;  // by name and version
  std::vector<Count> firing;  // by severity
  std::vector<Count> jobs;    // by status, as seen at `now_ms`
  std::vector<Count> outbox;  // by endpoint and status: waiting, dead; all endpoints that there were
  std::int64_t last_good_ms = 0;  // when the last good run ended; 0: there was none
};

/// All of one moment.
Result<StateFigures> read_figures(Database& database, std::int64_t now_ms);

}  // namespace mlmon
