#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/database.h"

namespace mlmon {

/// The figures of a model as one JSON object, in the order and with the numbers of SQLite's json_patch(): PostgreSQL
/// has its own.
std::string figures_in_order(std::string_view json);

/// Keeps what events said of each model (table `sightings`), from one run to the next: counts add up, and
/// each figure is the newest by event time. Calls belong into the transaction of a checkpoint. Not
/// thread-safe.
class SightingRecord {
 public:
  /// The database must outlive it and stay where it is.
  static Result<SightingRecord> open(Database& database);

  /// About the model of that row.
  Result<void> add(const Sighting& sighting, std::int64_t model);

  /// As RowWriter has it.
  void begin();
  Result<void> flush();

 private:
  explicit SightingRecord(std::unique_ptr<RowWriter> writer) : writer_(std::move(writer)) {}

  std::unique_ptr<RowWriter> writer_;
  std::unordered_set<std::int64_t> models_;  // of rows that the writer may hold: one statement takes a model once
};

}  // namespace mlmon
