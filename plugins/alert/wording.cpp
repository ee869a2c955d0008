#include "plugins/alert/wording.h"

#include <algorithm>

namespace mlmon::alert {
namespace {

using templates::Kind;
using templates::Name;

const std::vector<Name>& names() {
  static const std::vector<Name> names = {
      {"rule", Kind::text},          {"state", Kind::text},
      {"severity", Kind::text},      {"reason", Kind::text},
      {"model.name", Kind::text},    {"model.version", Kind::text},
      {"model.deployed_at", Kind::text}, {"metric", Kind::text},
      {"value", Kind::figure},       {"threshold", Kind::figure},
      {"baseline", Kind::figure},    {"p_value", Kind::figure},
      {"magnitude", Kind::figure},   {"samples", Kind::whole},
      {"event_time", Kind::text},    {"feature", Kind::text},
      {"labels.", Kind::text}};
  return names;
}

/// The JSON pointer (RFC 6901) to what a name stands for in the event; empty: it is none of it.
std::string pointer_to(const std::string& name) {
  if (name == "feature") return "/feature";
  constexpr std::string_view kLabels = "labels.";
  if (name.rfind(kLabels, 0) != 0) return "";
  std::string pointer = "/labels/";
  for (const char c : name.substr(kLabels.size())) {
    pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return pointer;
}

std::optional<templates::Template> read_text(const Json& table, const char* key, const Setup& setup,
                                             Wording& wording) {
  if (!table.has(key)) return std::nullopt;
  templates::Template text(table.at(key), names());
  for (const std::string& name : text.names()) {
    const std::string pointer = pointer_to(name);
    if (!pointer.empty()) wording.members.emplace_back(name, setup.text_field(pointer));
  }
  return text;
}

void read_inhibitors(const Json& table, const std::vector<rules::Rule>& all_rules,
                     Wording& wording, rules::Problems& problems) {
  if (!table.has("inhibited_by")) return;
  for (const Json& name : table.at("inhibited_by").items()) {
    const auto rule = std::find_if(all_rules.begin(), all_rules.end(),
                                   [&](const auto& one) { return one.name == name.text(); });
    if (rule == all_rules.end() || rule->name == table.text("name")) {
      problems.add(name.path(), "expected the name of another rule, got \"" + name.text() + "\"");
    } else {
      wording.inhibited_by.push_back(static_cast<std::size_t>(rule - all_rules.begin()));
    }
  }
}

}  // namespace

std::vector<Wording> read_wordings(const Setup& setup, const std::vector<rules::Rule>& all_rules,
                                   std::size_t built_in, rules::Problems& problems) {
  std::vector<Wording> wordings(built_in);
  for (std::size_t r = 0; r < built_in; ++r) {
    const bool drift = all_rules[r].metric.is_drift();
    wordings[r].text = drift ? Wording::Text::drift : Wording::Text::low_f1;
    wordings[r].severity = drift ? "warning" : "critical";
  }
  if (!setup.config().has("rules")) return wordings;
  for (const Json& table : setup.config().at("rules").items()) {
    Wording wording;
    if (table.has("severity")) wording.severity = table.text("severity");
    read_inhibitors(table, all_rules, wording, problems);
    problems.collect([&] { wording.subject = read_text(table, "subject", setup, wording); });
    problems.collect([&] { wording.body = read_text(table, "body", setup, wording); });
    wordings.push_back(std::move(wording));
  }
  return wordings;
}

}  // namespace mlmon::alert
