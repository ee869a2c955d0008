#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/event/event.h"
#include "core/event/models.h"

namespace mlmon {

/// What makes an action the one that it is, beside the event that caused it.
struct ActionKey {
  std::string_view observer;  // the instance's name
  std::string_view type;
  std::string_view rule;
  std::string_view transition;
};

/// The deterministic id of an action: 26 characters of Crockford's base32 (digits and capitals without
/// I, L, O, U) of 128 bits, most significant first, so that ids sort by event time:
///
///   64 bits  the event time in nanoseconds since 1677-09-21T00:12:43.145224192Z, where 64 bits begin
///   64 bits  XXH3-64 over key, model and the event's content
///
/// Content is what the event says as decoded: figures as doubles, times as instants, its id and labels;
/// not the order of members, white space, ignored members, or where the event was read. Of a type that is not
/// mlmon's no member is ignored.
std::string action_id(const ActionKey& key, const Model& about, const Event& event);

/// That of an action that no event but a tick of event time caused: the tick is its time, and its content.
std::string action_id(const ActionKey& key, const Model& about, std::int64_t tick_ns);

}  // namespace mlmon
