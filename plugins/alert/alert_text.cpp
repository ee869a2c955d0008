#include "plugins/alert/alert_text.h"

namespace mlmon::alert {
namespace {

std::string text_or_none(const Json& object, std::string_view name) {
  return object.has(name) ? object.text(name) : std::string();
}

}  // namespace

std::string AlertText::one_model() const {
  return model + " (v" + version + ") deployed " + deployed_at;
}

AlertText read_alert(const Item& item) {
  const Json action = item.read();
  AlertText alert;
  alert.id = item.id();
  alert.json = item.json();
  alert.began = item.began();
  alert.observer = text_or_none(action, "observer");
  alert.rule = text_or_none(action, "rule");
  alert.state = text_or_none(action, "state");
  alert.severity = text_or_none(action, "severity");
  alert.subject = text_or_none(action, "subject");
  alert.body = text_or_none(action, "body");
  alert.event_time = text_or_none(action, "event_time");
  if (action.has("model")) {
    const Json& model = action.at("model");
    alert.model = text_or_none(model, "name");
    alert.version = text_or_none(model, "version");
    alert.deployed_at = text_or_none(model, "deployed_at");
  }
  if (alert.subject.empty()) alert.subject = alert.rule + " for " + alert.model;
  return alert;
}

std::string_view first_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace mlmon::alert
