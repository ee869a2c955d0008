#include "plugins/alert/heard.h"

#include <algorithm>

namespace mlmon::alert {
namespace {

constexpr std::string_view kJobFailed = "job_failed";

/// How the types that mlmon itself knows are told.
struct Known {
  std::string_view name;
  const char* severity;
  const char* title;
  const char* detail;       // where the event tells more
  const char* before;       // that
  const char* time;
};

constexpr Known kKnown[] = {
    {"retrain", "info", "Retraining requested", "/action/reason", "", "Requested at "},
    {kJobFailed, "warning", "Retraining failed", "/note", "", "Failed at "},
    {"budget_spent", "warning", "Retraining budget spent", "/until", "No request before ", "Spent at "},
};

const Known* find_known(std::string_view name) {
  const auto found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                  [&](const Known& known) { return known.name == name; });
  return found == std::end(kKnown) ? nullptr : found;
}

bool is_type(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:/-").find(c) != std::string_view::npos;
  };
  return std::all_of(name.begin(), name.end(), fits) && name != "metrics" && name != "drift" &&
         name != "job";
}

}  // namespace

Heard::Heard(const Setup& setup, const std::vector<rules::Rule>& all_rules,
             rules::Problems& problems) {
  if (!setup.config().has("on")) return;
  for (const Json& item : setup.config().at("on").items()) {
    const std::string& name = item.text();
    const auto same = [&](const auto& other) { return other.name == name; };
    if (!is_type(name)) {
      problems.add(item.path(), "expected retrain, job_failed, budget_spent or a type that an observer "
                                "before this one emits, got \"" + name + "\"");
      continue;
    }
    if (std::any_of(types_.begin(), types_.end(), same) ||
        std::any_of(all_rules.begin(), all_rules.end(), same)) {
      problems.add(item.path(), "expected a name that is not listed twice and is not a rule's, got \"" +
                                    name + "\"");
      continue;
    }
    const bool failed = name == kJobFailed;
    if (failed) job_status_ = setup.text_field("/status", "job");
    Type type = {name, failed ? MLMON_KIND_JOB : setup.subscribe(name), {}};
    if (const Known* known = find_known(name)) {
      type.detail = setup.text_field(known->detail, failed ? "job" : name);
    }
    types_.push_back(std::move(type));
  }
}

std::string_view Heard::name_of(const Event& event) const {
  for (const Type& type : types_) {
    if (type.kind != event.kind()) continue;
    if (type.kind == MLMON_KIND_JOB && (*job_status_)(event) != "failed") continue;
    return type.name;
  }
  return {};
}

Heard::Telling Heard::tell(std::string_view name, const Event& event, const Model& model) const {
  const Known* known = find_known(name);
  const auto type = std::find_if(types_.begin(), types_.end(),
                                 [&](const Type& one) { return one.name == name; });
  const char* severity = known != nullptr ? known->severity : "warning";
  const std::string title = known != nullptr ? known->title : std::string(name);
  std::string body = "Model " + std::string(model.name) + " v" + std::string(model.version) + "\n";
  const auto detail = type->detail ? (*type->detail)(event) : std::nullopt;
  if (detail && !detail->empty()) body += known->before + std::string(*detail) + "\n";
  body += (known != nullptr ? known->time : "At ") + format_time(event.time_ns());
  return {severity, {std::string(icon_of(severity)) + " " + title + " for " + std::string(model.name), body}};
}

}  // namespace mlmon::alert
