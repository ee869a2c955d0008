#pragma once

#include <cstdint>

#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/sqlite.h"

namespace mlmon {

/// Keeps what events said of each model (table `sightings`), from one run to the next: counts add up, and
/// each figure is the newest by event time. Calls belong into the transaction of a checkpoint. Not
/// thread-safe.
class SightingRecord {
 public:
  /// The database must outlive it and stay where it is.
  static Result<SightingRecord> open(Database& database);

  /// About the model of that row.
  Result<void> add(const Sighting& sighting, std::int64_t model);

 private:
  explicit SightingRecord(Database& database) : database_(&database) {}

  Database* database_;
  Statement put_;
};

}  // namespace mlmon
