#pragma once

#include <string>
#include <string_view>

#include "core/store/overview.h"

namespace mlmon {

/// A model and its standing as JSON: `"model":{…},"last_event":…,"figures":{…},"firing":[…],"jobs":[…]`,
/// without braces around it.
void append_standing(std::string& out, const ModelStanding& standing);

/// The beginning of that: what its events said.
void append_seen(std::string& out, const ModelStanding& standing);

/// `,"next_request":{"after_job":…,"from":…}`: what the next request waits for; null: nothing holds it back.
void append_next_request(std::string& out, const ModelStanding& standing);

/// The same for people: "after its job", "from TIME on", both, or "-".
std::string next_request_text(const ModelStanding& standing);

/// Members of one object, without braces: of what fires, of a job.
void append_firing(std::string& out, const FiringRule& rule);
void append_job(std::string& out, const OpenJob& job);

/// `"model":{"name":…,"version":…,"deployed_at":…}`.
void append_model(std::string& out, const ModelStanding& standing);

/// `NAME (vVERSION) deployed DEPLOYED_AT`, printable; name and version have at most so many columns each.
std::string model_name(std::string_view name, std::string_view version, std::string_view deployed_at,
                       std::size_t limit = std::string_view::npos);
std::string model_name(const ModelStanding& standing);

/// The time of the last event, or "-".
std::string last_event_text(const ModelStanding& standing);

/// `f1 0.71, p_value 0.03`, printable, or "-".
std::string figures_text(const ModelStanding& standing);

/// `low_f1, drift`: the rules that fire, printable, or "-".
std::string firing_text(const ModelStanding& standing);

}  // namespace mlmon
