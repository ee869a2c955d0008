#include "plugins/alert/alert_text.h"

#include <utility>

namespace mlmon::alert {
namespace {

using Texts = std::vector<std::pair<std::string_view, std::string*>>;

/// The members of these names go where they belong, those that are text. One pass: every alert that is told
/// comes through here.
void read_texts(std::string_view object, const Texts& texts, std::string_view& model) {
  Json::each_member(object, [&](std::string_view name, std::string_view value) {
    if (name == "model") model = value;
    if (value.empty() || value.front() != '"') return;
    for (const auto& [wanted, into] : texts) {
      if (name == wanted) *into = Json::text_from(value);
    }
  });
}

}  // namespace

std::string AlertText::one_model() const {
  return model + " (v" + version + ") deployed " + deployed_at;
}

AlertText read_alert(const Item& item) {
  AlertText alert;
  alert.id = item.id();
  alert.json = item.json();
  alert.began = item.began();
  std::string_view model, none;
  read_texts(item.json(),
             {{"observer", &alert.observer},
              {"rule", &alert.rule},
              {"state", &alert.state},
              {"severity", &alert.severity},
              {"subject", &alert.subject},
              {"body", &alert.body},
              {"event_time", &alert.event_time}},
             model);
  if (!model.empty() && model.front() == '{') {
    read_texts(model,
               {{"name", &alert.model}, {"version", &alert.version}, {"deployed_at", &alert.deployed_at}}, none);
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
