#include "plugins/alert/alert_labels.h"

#include <mlmon/text.hpp>

namespace mlmon::alert {
namespace {

std::string valid_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (digit && out.empty()) out += '_';
    out += letter || digit ? c : '_';
  }
  return out.empty() ? "_" : out;
}

void add_event_labels(std::string_view json, Labels& labels) {
  const Json action = Json::parse(json);
  if (!action.has("labels")) return;
  const Json& all = action.at("labels");
  for (const std::string& name : all.names()) {
    if (all.has(name)) labels.emplace(valid_name(name), all.text(name));
  }
}

}  // namespace

Labels labels_of(const AlertText& alert, const std::map<std::string, std::string>& own) {
  Labels labels = {{"alertname", alert.rule},
                   {"model", alert.model},
                   {"version", alert.version},
                   {"severity", alert.severity}};
  for (const auto& [name, value] : own) labels.emplace(valid_name(name), value);
  add_event_labels(alert.began.empty() ? alert.json : alert.began, labels);
  // An empty label is none.
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  return labels;
}

std::string fingerprint(const Labels& labels) {
  std::uint64_t hash = 14695981039346656037u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) {
      hash ^= static_cast<unsigned char>(c);
      hash *= 1099511628211u;
    }
  };
  for (const auto& [name, value] : labels) {
    add(name);
    add("\xff");
    add(value);
    add("\xff");
  }
  constexpr char hex[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = out.size(); i-- > 0; hash >>= 4) out[i] = hex[hash & 15];
  return out;
}

std::string to_json(const Labels& labels) {
  Fields fields;
  for (const auto& [name, value] : labels) fields.text(name, value);
  return fields.str();
}

std::string began_at(const AlertText& alert) {
  if (!alert.began.empty()) return Json::text_in(alert.began, "event_time");
  return alert.over() ? std::string() : alert.event_time;
}

}  // namespace mlmon::alert
