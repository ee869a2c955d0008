#pragma once

#include <mlmon/observer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/action/decision.h"
#include "core/action/plugin_members.h"
#include "core/event/batch.h"
#include "core/event/event_parser.h"
#include "core/event/models.h"
#include "core/result.h"

namespace mlmon {

/// An event that an observer made of another one, on its way to the observers behind it.
struct DerivedEvent {
  std::uint64_t seq = 0;    // of the event in the input that it goes back to; the place is that one's too
  std::uint32_t model = 0;  // handle
  std::string json;         // the event, without newline
  std::shared_ptr<const std::string> source;
  std::size_t source_index = 0;
  std::uint64_t line = 0, offset = 0;
};

/// Makes derived events of what an observer emits: adds type, model, the time and the labels of the cause,
/// and an id that is the same in every run. One for each observer, on its thread.
class DerivedWriter {
 public:
  /// `rules`: of the events that it sees; `emitted`: of those that it may emit.
  DerivedWriter(std::string observer, EventRules rules, EventRules emitted,
                const ModelTable& models);

  /// `row` is one of the batch: the event that caused it, or with `tick_ns` the one before which a tick of
  /// that time was. The error says what of the plugin's words cannot be used.
  Result<DerivedEvent> emitted(const Batch& batch, std::uint32_t row, const mlmon_derived& derived,
                               std::optional<std::int64_t> tick_ns);

  /// An action as an event: `{"type":TYPE,"model":…,"at":…,"id":ID,"labels":…,"action":{…}}`, the action
  /// without source, line and offset.
  Result<DerivedEvent> of_action(const Batch& batch, std::uint32_t row, const Decision& action,
                                 std::optional<std::int64_t> tick_ns);

 private:
  void decode(const Batch& batch, std::uint32_t row, std::optional<std::int64_t> tick_ns);
  Result<DerivedEvent> make(const Batch& batch, std::uint32_t row, std::uint32_t model,
                            std::string_view type, std::string_view id, const std::string& members,
                            std::optional<std::int64_t> tick_ns);

  std::string observer_;
  const ModelTable& models_;
  EventParser parser_;
  Event event_;          // the cause
  EventParser checker_;  // of what is made
  PluginMembers members_;
  Event checked_;
};

}  // namespace mlmon
