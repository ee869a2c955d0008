#include "cli/model_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "core/event/models.h"
#include "core/text/json_text.h"

namespace mlmon {
namespace {

/// `,"NAME":"TEXT"`, or null where there is none.
void append_text(std::string& out, const char* name, std::string_view text) {
  out += fmt::format("{}\"{}\":", out.empty() || out.back() == '{' ? "" : ",", name);
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

std::string time_or(std::int64_t ns, const std::string& none) {
  return ns == kNeverSeen ? none : format_rfc3339(from_unix_ns(ns));
}

}  // namespace

void append_model(std::string& out, const ModelStanding& standing) {
  out += "\"model\":";
  append_model_json(out, {standing.name, standing.version, standing.deployed_at,
                          format_rfc3339(standing.deployed_at)});
}

void append_firing(std::string& out, const FiringRule& rule) {
  append_text(out, "observer", rule.observer);
  append_text(out, "rule", rule.rule);
  append_text(out, "severity", rule.severity);
  append_text(out, "state", rule.state);
  append_text(out, "since", rule.since);
  append_text(out, "subject", rule.subject);
}

void append_job(std::string& out, const OpenJob& job) {
  append_text(out, "job", job.id);
  append_text(out, "status", job.status);
  append_text(out, "rule", job.rule);
  append_text(out, "reason", job.reason);
}

void append_seen(std::string& out, const ModelStanding& standing) {
  append_model(out, standing);
  append_text(out, "last_event", time_or(standing.last_event_ns, ""));
  out += fmt::format(",\"metrics_events\":{},\"drift_events\":{},\"figures\":{}",
                     standing.metrics_events, standing.drift_events, standing.figures);
}

void append_standing(std::string& out, const ModelStanding& standing) {
  append_seen(out, standing);
  out += ",\"firing\":[";
  for (const FiringRule& rule : standing.firing) {
    out += out.back() == '[' ? "{" : ",{";
    append_firing(out, rule);
    out += '}';
  }
  out += "],\"jobs\":[";
  for (const OpenJob& job : standing.jobs) {
    out += out.back() == '[' ? "{" : ",{";
    append_job(out, job);
    out += '}';
  }
  out += ']';
}

void append_next_request(std::string& out, const ModelStanding& standing) {
  out += ",\"next_request\":";
  if (standing.next_request.job.empty() && !standing.waits_for_time()) {
    out += "null";
    return;
  }
  out += '{';
  append_text(out, "after_job", standing.next_request.job);
  append_text(out, "from", standing.waits_for_time() ? time_or(standing.next_request.from_ns, "") : "");
  out += '}';
}

std::string next_request_text(const ModelStanding& standing) {
  std::string text = standing.next_request.job.empty() ? "" : "after its job";
  if (standing.waits_for_time()) {
    text += (text.empty() ? "from " : ", from ") + time_or(standing.next_request.from_ns, "") + " on";
  }
  return text.empty() ? "-" : text;
}

std::string model_name(std::string_view name, std::string_view version, std::string_view deployed_at,
                       std::size_t limit) {
  return fmt::format("{} (v{}) deployed {}", printable(name, limit), printable(version, limit),
                     printable(deployed_at));
}

std::string model_name(const ModelStanding& standing) {
  return model_name(standing.name, standing.version, format_rfc3339(standing.deployed_at));
}

std::string last_event_text(const ModelStanding& standing) {
  return time_or(standing.last_event_ns, "-");
}

std::string figures_text(const ModelStanding& standing) {
  std::string text;
  const auto figures = nlohmann::ordered_json::parse(standing.figures, nullptr, false);
  for (const auto& [name, value] : figures.items()) {
    text += (text.empty() ? "" : ", ") + name + " " + value.dump();
  }
  return text.empty() ? "-" : printable(text);
}

std::string firing_text(const ModelStanding& standing) {
  std::string text;
  for (const FiringRule& rule : standing.firing) text += (text.empty() ? "" : ", ") + rule.rule;
  return text.empty() ? "-" : printable(text);
}

}  // namespace mlmon
