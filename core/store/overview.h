#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/event/instant.h"
#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/sqlite.h"

namespace mlmon {

/// A rule that fires for a model.
struct FiringRule {
  std::string observer, rule, severity;
  std::string state;  // firing, flapping
  std::string since;  // event time at which it began, RFC 3339; empty: not known any more
  std::string subject;
};

/// A job that is not closed.
struct OpenJob {
  std::string id, status;  // queued, claimed
  std::string rule, reason;
};

/// All that the state knows of one model.
struct ModelStanding {
  std::int64_t row = 0;
  std::string name, version;
  Instant deployed_at;
  std::uint64_t metrics_events = 0, drift_events = 0;
  std::int64_t last_event_ns = kNeverSeen;
  std::string figures;  // the newest, as one JSON object
  std::vector<FiringRule> firing;
  std::vector<OpenJob> jobs;
};

/// Deliveries of one endpoint that wait or are dead.
struct OutboxSum {
  std::string endpoint;
  std::uint64_t waiting = 0, dead = 0;
};

/// What holds now, from a state folder's database, beside a run. Each call sees one state of it. Not
/// thread-safe.
class Overview {
 public:
  explicit Overview(Database database) : database_(std::move(database)) {}

  /// Models whose name matches the glob (empty: all), by name, each name's newest deployment first.
  Result<void> models(const std::string& glob,
                      const std::function<void(const ModelStanding&)>& visit);

  Result<std::vector<OutboxSum>> outbox();

  /// When the last good run ended, ms since 1970; 0: there was none.
  Result<std::int64_t> last_good_ms();

  /// Forgets what is kept of a model: what observers know, what was seen of it, what fires. Ids of actions
  /// and closed jobs stay. REQUIRES: no run is active, and the model has no open job.
  Result<void> forget(std::int64_t row);

 private:
  template <class Item>
  using ByModel = std::unordered_map<std::int64_t, std::vector<Item>>;
  Result<ByModel<FiringRule>> firing();
  Result<ByModel<OpenJob>> open_jobs();

  Database database_;
};

}  // namespace mlmon
