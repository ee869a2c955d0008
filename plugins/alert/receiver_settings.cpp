#include "plugins/alert/receiver_settings.h"

#include <utility>

#include "plugins/transport/endpoint_keys.h"

namespace mlmon::alert {
namespace {

constexpr char kOtherwise[] = R"({"name":"stderr","type":"stderr"})";

const std::vector<std::string_view>& common_keys() {
  static const std::vector<std::string_view> keys = {"name",   "severity", "models", "rules",
                                                     "labels", "timeout",  "retry",  "rate_limit"};
  return keys;
}

const std::vector<transport::EndpointType>& types() {
  static const std::vector<transport::EndpointType> types = {
      {"stderr", {}, {}},
      {"file", {"path"}, {}},
      {"exec", {"command"}, {"env"}},
      {"webhook", {"url"}, {"secret", "ca_file", "headers", "token", "username", "password"}},
  };
  return types;
}

}  // namespace

std::vector<ReceiverSettings> read_receivers(const Json& config) {
  std::vector<ReceiverSettings> receivers;
  for (const Json& table :
       transport::read_endpoints(config, "receivers", kOtherwise, common_keys(), types())) {
    ReceiverSettings receiver;
    receiver.spec = transport::read_spec(table, table.text("name"));
    receiver.filter = ReceiverFilter(table);
    const std::string& type = table.text("type");
    const std::int64_t timeout_ms = receiver.spec.timeout_ms;
    if (type == "file") receiver.path = transport::text_without_nul(table.at("path"));
    if (type == "exec") receiver.command = transport::read_command_settings(table, timeout_ms);
    if (type == "webhook") receiver.webhook = transport::read_http_settings(table, timeout_ms);
    if (table.has("secret")) receiver.secret = table.text("secret");
    for (const ReceiverSettings& other : receivers) {
      if (other.spec.name != receiver.spec.name) continue;
      throw config_error(table.path() + ".name: \"" + other.spec.name + "\" is taken");
    }
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

}  // namespace mlmon::alert
