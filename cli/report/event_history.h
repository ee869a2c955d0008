#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/report/chart.h"
#include "core/event/batch.h"
#include "core/event/event_parser.h"
#include "core/event/models.h"
#include "core/result.h"

namespace mlmon {

/// What event files say of models over time: for the charts of a report.
class EventHistory {
 public:
  struct ModelHistory {
    std::map<std::string, Series> figures;  // by name: "f1", "p_value", "auc"
    std::uint64_t events = 0;
    ChartTime time{INT64_MAX, INT64_MIN};
  };

  /// Models with charts: of those that come first, as many as a person may look at.
  static constexpr std::size_t kMostModels = 2000;

  /// `glob`: on names, empty: all. `metrics`: names in `metrics` that are wanted as figures; the rules' projections are
  /// theirs.
  EventHistory(std::string glob, std::vector<std::string> metrics, EventRules rules, std::uint64_t max_line);

  /// Names in `metrics` of the first events of a file; none of one that cannot be read.
  static std::vector<std::string> metrics_in(const std::string& path, const EventRules& rules, std::uint64_t max_line);

  /// Reads a file to its end; bad lines are counted. The error names the path.
  Result<void> read(const std::string& path);

  /// By handle of models().
  const std::map<std::uint32_t, ModelHistory>& histories() const { return histories_; }
  const ModelTable& models() const { return models_; }

  std::uint64_t events() const { return events_; }
  std::uint64_t bad() const { return bad_; }
  std::uint64_t without_charts() const { return without_charts_; }  // models

 private:
  void add(const Batch& batch);
  ModelHistory* history_of(std::uint32_t model);

  const std::string glob_;
  const std::vector<std::string> metrics_;
  EventRules rules_;
  const std::uint64_t max_line_;
  ModelTable models_;
  std::vector<ModelHistory*> by_handle_;
  std::vector<bool> known_;  // by handle: by_handle_ says whether it has charts
  std::map<std::uint32_t, ModelHistory> histories_;
  std::uint64_t events_ = 0, bad_ = 0, without_charts_ = 0;
};

}  // namespace mlmon
