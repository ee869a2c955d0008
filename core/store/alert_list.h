#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/event/instant.h"
#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// Who was told of a change of an alert, or was not, and why.
struct Telling {
  std::string endpoint;  // OBSERVER.RECEIVER
  std::string status;    // told, failed, waiting, suppressed
  std::int64_t attempts = 0;
  std::int64_t at_ms = 0;  // wall clock, since 1970: when; of what waits, of its next try (0: now)
  std::string said;        // the receiver's answer, or why not
};

/// One `alert` action.
struct AlertChange {
  std::string id;
  std::string state;       // firing, flapping, resolved; empty: it had none
  std::string event_time;  // RFC 3339, as in the action
  std::string subject;     // empty: it had none
  std::string value;       // of the rule's figure, as JSON; empty: none
  std::vector<Telling> tellings;
};

/// How a rule stands for a model.
struct Alert {
  std::string observer, rule;
  std::string model, version;
  Instant deployed_at;
  std::string state, severity;
  std::string id;          // of the action that it began with
  std::string since;       // event time of that one
  AlertChange newest;      // the last change, without its tellings
  std::vector<Telling> tellings;  // of all changes since it began
};

/// Which alerts; empty: any.
struct AlertFilter {
  std::string model;      // a glob on the name
  bool resolved = false;  // those, too, that do not fire any more
};

/// One JSON object, no newline; of show() with `changes`, the whole history, oldest first.
std::string alert_json(const Alert& alert);
std::string alert_json(const Alert& alert, const std::vector<AlertChange>& changes);

/// The record of alerts in a state folder's database as people see it, beside a run that adds to it. Not
/// thread-safe.
class AlertList {
 public:
  explicit AlertList(Database database) : database_(std::move(database)) {}

  /// What fires, the longest first. No transaction is open while visit() runs; once that gives false it is
  /// over.
  Result<void> list(const AlertFilter& filter, const std::function<bool(const Alert&)>& visit);

  /// The alert that an action belongs to and all its changes, oldest first. The error names the id.
  Result<Alert> show(const std::string& id, std::vector<AlertChange>& changes);

  Database& database() { return database_; }

 private:
  Result<void> add_tellings(std::int64_t alert, std::int64_t began, std::vector<Telling>& tellings);
  Result<std::vector<AlertChange>> changes_of(std::int64_t alert);

  Database database_;
};

}  // namespace mlmon
