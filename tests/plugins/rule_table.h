#pragma once

#include <mlmon/plugin.h>

#include <nlohmann/json.hpp>
#include <string>

namespace mlmon::testing {

/// Plays a table of events on an observer with rules and compares what it decides. A line is
///
///   DAY [MODEL:] MEMBER VALUE...   -> OUTCOME, OUTCOME...
///
/// DAY counts from the deployment of all models, and may have a fraction. MEMBER: f1 accuracy p m
/// (magnitude) n (samples), or a name in `metrics`; `job ID` tells the end of one ("action-1" is the
/// first that was asked for). An outcome is "RULE WHY" or "RULE WHY until DAY" of what was held
/// back, "RULE" of a request, "RULE STATE" of an alert. Lines that begin with # are ignored.
///
/// The events are played three times: in one batch, one by one, and one by one with a new instance
/// for each, which has what the one before it kept; that one is also asked before each event how its rules
/// stand, and what it says must allow what comes. `config` lacks the keys that the host fills in;
/// they are taken from the schema.
void check_table(const mlmon_class& plugin, const std::string& config, const std::string& table);

/// What a new instance says of a model after such a table, whose outcomes are not looked at.
nlohmann::ordered_json explain_after(const mlmon_class& plugin, const std::string& config,
                                     const std::string& table, mlmon_model model = 1);

}  // namespace mlmon::testing
