#pragma once

#include <mlmon/observer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/action/plugin_members.h"
#include "core/event/batch.h"
#include "core/event/event_parser.h"
#include "core/event/models.h"
#include "core/result.h"
#include "core/store/checkpoint.h"

namespace mlmon {

/// What an observer decided about one event, ready to be written: an action, or (with --explain) one that
/// was suppressed.
struct Decision {
  std::uint64_t seq = 0;  // of the event
  bool suppressed = false;
  std::uint32_t model = 0;  // handle
  std::string id;     // empty if suppressed
  std::string type;   // "retrain", "alert" ...
  std::string state;  // "firing" ..., may be empty
  std::string json;   // one object, no newline
  std::optional<AlertMembers> alert;  // of an alert
};

/// Makes decisions of what an observer says: adds the id, the common members and the event's place. The
/// event is decoded a second time, from its line where that says more than the columns, since only those that
/// cause an action pay for it.
///
/// One for each observer, on its thread.
class DecisionWriter {
 public:
  DecisionWriter(std::string observer, EventRules rules, const ModelTable& models);

  /// `row` is one of the batch: the event that caused it, or with `tick_ns` the one before which a tick of
  /// that time was. The error says what of the plugin's words cannot be used.
  Result<Decision> action(const Batch& batch, std::uint32_t row, const mlmon_action& action,
                          std::optional<std::int64_t> tick_ns = std::nullopt);
  Result<Decision> suppression(const Batch& batch, std::uint32_t row,
                               const mlmon_suppression& suppression,
                               std::optional<std::int64_t> tick_ns = std::nullopt);

 private:
  void decode(const Batch& batch, std::uint32_t row);
  void take_columns(const Batch& batch, std::uint32_t row);
  Result<void> add_fields(std::string& json, mlmon_str fields);
  void add_place(std::string& json, const Batch& batch, std::uint32_t row,
                 std::optional<std::int64_t> tick_ns);

  std::string observer_;
  const ModelTable& models_;
  EventParser parser_;
  Event event_;
  PluginMembers members_;
  std::shared_ptr<const std::string> source_;  // of the action before, and how it is written
  std::string source_json_;
};

}  // namespace mlmon
