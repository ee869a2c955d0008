#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/event/instant.h"
#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/database.h"

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

/// What holds the next request for a retraining back, as far as observers keep it (sdk/README.md, "Saying why").
struct NextRequest {
  std::string job;                      // it is open; empty: none is
  std::int64_t from_ns = kNeverSeen;    // event time; kNeverSeen, or not after the last event: nothing to wait for
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
  NextRequest next_request;  // where it was asked for

  bool waits_for_time() const { return next_request.from_ns > last_event_ns; }
};

/// What one observer keeps: of a model, or of none.
struct KeptItem {
  std::string observer, key, value;
  bool of_model = false;
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

  enum class With { kStanding, kNextRequest };  // the latter reads all that is kept

  /// Models whose name matches the glob (empty: all), by name, each name's newest deployment first.
  Result<void> models(const std::string& glob, const std::function<void(const ModelStanding&)>& visit,
                      With with = With::kStanding);

  /// Models of exactly this name, the newest deployment first; what fires and which jobs are open is left out.
  /// Reads no other model.
  Result<std::vector<ModelStanding>> deployments(const std::string& name);

  /// The names of all models, each once, in their order.
  Result<void> names(const std::function<void(std::string_view)>& visit);

  /// What all observers keep of a model, and of none; in the order of observers and keys. Reads no other model.
  Result<std::vector<KeptItem>> kept(std::int64_t row);

  /// done, failed or cancelled, where a job is closed; empty: it is open, or not known.
  Result<std::string> closed_as(const std::string& job);

  /// A plugin's own counters over the state's life, by name.
  Result<std::vector<std::pair<std::string, std::uint64_t>>> counters(const std::string& observer);

  Result<std::vector<OutboxSum>> outbox();

  /// When the last good run ended, ms since 1970; 0: there was none.
  Result<std::int64_t> last_good_ms();

  /// Forgets what is kept of a model: what observers know, what was seen of it, what fires. Ids of actions
  /// and closed jobs stay. REQUIRES: no run is active, and the model has no open job.
  Result<void> forget(std::int64_t row);

 private:
  template <class Item>
  using ByModel = std::unordered_map<std::int64_t, std::vector<Item>>;
  // Of models of this name; empty: of all.
  Result<ByModel<FiringRule>> firing(const std::string& name);
  Result<ByModel<OpenJob>> open_jobs(const std::string& name);
  Result<std::unordered_map<std::int64_t, NextRequest>> next_requests(const std::string& name);

  Database database_;
};

}  // namespace mlmon
