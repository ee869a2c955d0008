#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/event/event_parser.h"

namespace mlmon {

using SchemaJson = nlohmann::ordered_json;

// What mlmon reads and writes, as JSON Schema 2020-12. What the schemas cannot say is in their `$comment`.

/// A line of the input, as EventParser takes it with these rules. Made of the tables of event_members.h.
SchemaJson event_schema(const EventRules& rules);

/// A line that `run` prints, also with --explain.
SchemaJson action_schema();

/// What `run --receipt` writes.
SchemaJson receipt_schema();

// Parts that several of them have.
SchemaJson model_schema(const EventRules& rules);
SchemaJson time_schema();   // RFC 3339
SchemaJson count_schema();  // an integer from 0 on

}  // namespace mlmon
