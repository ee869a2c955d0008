#include "plugins/alert/stderr_receiver.h"

namespace mlmon::alert {

std::vector<EndpointSpec> StderrRouter::endpoints() const {
  EndpointSpec receiver;
  receiver.name = "stderr";
  return {receiver};
}

std::vector<std::uint32_t> StderrRouter::route(const Item& item) const {
  if (item.read().text("action") == "alert") return {0};
  return {};
}

Outcome StderrReceiver::deliver(const Item& item) {
  const Json action = item.read();
  std::string text = action.text("subject") + "\n  ";
  for (const char c : action.text("body")) {
    text += c;
    if (c == '\n') text += "  ";
  }
  tell(text);
  return Outcome::delivered();
}

}  // namespace mlmon::alert
