#include "cli/why_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/model_text.h"
#include "cli/terminal.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostKept = 200;  // columns of a value

/// A member that is a text, printable; else empty.
std::string text_in(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

/// Holds, and since when.
std::string standing_of(const Json& rule) {
  const auto holds = rule.find("holds");
  if (holds == rule.end() || !holds->is_boolean()) return "";
  const std::string since = text_in(rule, "since");
  if (holds->get<bool>()) return since.empty() ? "holds" : "holds since " + since;
  return since.empty() ? "does not hold" : "stopped holding at " + since;
}

std::string held_text(const Json& rule) {
  const auto held = rule.find("held");
  if (held == rule.end() || !held->is_object()) return "";
  std::string text = text_in(*held, "why");
  if (const std::string since = text_in(*held, "since"); !since.empty()) text += " since " + since;
  if (const std::string until = text_in(*held, "until"); !until.empty()) text += ", until " + until;
  return text;
}

std::string rule_text(const Json& rule) {
  if (!rule.is_object()) return "";
  const std::string standing = standing_of(rule);
  std::string out = fmt::format("  {}{}{}\n", text_in(rule, "rule"), standing.empty() ? "" : ": ", standing);
  const auto line = [&](const char* name, const std::string& text) {
    if (!text.empty()) out += fmt::format("    {:<7}  {}\n", name, text);
  };
  line("limit", text_in(rule, "limit"));
  line("window", text_in(rule, "window"));
  line("held", held_text(rule));
  line("next", text_in(rule, "next"));
  return out;
}

std::string closed_text(const std::string& job, const std::string& status) {
  return printable("job " + job + " is " + status + " since, which the observer hears of when a run goes on");
}

std::string answer_text(const WhyAnswer& answer) {
  std::string out = printable(answer.observer);
  if (!answer.class_id.empty()) out += " (" + printable(answer.class_id) + ")";
  if (answer.json.empty()) {
    out += ": " + printable(answer.instead) + "\n";
    for (const auto& [name, value] : answer.counters) out += fmt::format("  counts {} {}\n", name, value);
    for (const auto& [key, value] : answer.kept) {
      out += fmt::format("  keeps {} = {}\n", printable(key), printable(value, kMostKept));
    }
    return out;
  }
  const Json said = Json::parse(answer.json, nullptr, false);
  std::string notes;
  if (const auto found = said.find("notes"); found != said.end() && found->is_array()) {
    for (const Json& note : *found) {
      if (note.is_string()) notes += (notes.empty() ? ": " : "; ") + printable(note.get<std::string>());
    }
  }
  for (const auto& [job, status] : answer.closed_jobs) {
    notes += (notes.empty() ? ": " : "; ") + closed_text(job, status);
  }
  out += notes + "\n";
  if (const auto rules = said.find("rules"); rules != said.end() && rules->is_array()) {
    for (const Json& rule : *rules) out += rule_text(rule);
  }
  return out;
}

}  // namespace

std::string why_text(const ModelStanding& model, const std::vector<WhyAnswer>& answers) {
  std::string out = fmt::format("{}\nlast event {}: {}\n", model_name(model), last_event_text(model),
                                figures_text(model));
  for (const WhyAnswer& answer : answers) out += "\n" + answer_text(answer);
  return out;
}

std::string why_json(const ModelStanding& model, const std::vector<WhyAnswer>& answers) {
  std::string out = "{";
  append_seen(out, model);
  out += ",\"observers\":[";
  for (const WhyAnswer& answer : answers) {
    Json one = {{"observer", answer.observer}};
    one["class"] = answer.class_id.empty() ? Json() : Json(answer.class_id);
    if (answer.json.empty()) {
      one[answer.failed ? "error" : "instead"] = answer.instead;
      if (!answer.counters.empty()) one["counters"] = Json::object();
      for (const auto& [name, value] : answer.counters) one["counters"][name] = value;
      if (!answer.kept.empty()) one["kept"] = Json::object();
      for (const auto& [key, value] : answer.kept) one["kept"][key] = value;
    } else {
      const Json said = Json::parse(answer.json, nullptr, false);
      for (const auto& [name, value] : said.items()) {
        if (!one.contains(name)) one[name] = value;
      }
      if (!answer.closed_jobs.empty()) one["closed_jobs"] = Json::object();
      for (const auto& [job, status] : answer.closed_jobs) one["closed_jobs"][job] = status;
    }
    out += out.back() == '[' ? "" : ",";
    // What is kept may be any bytes.
    out += one.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return out + "]}\n";
}

}  // namespace mlmon
