#include "plugins/retraining/target_settings.h"

#include <map>
#include <string>
#include <utility>

#include "plugins/transport/endpoint_keys.h"

namespace mlmon::retraining {
namespace {

constexpr char kOtherwise[] = R"({"type":"queue"})";

const std::vector<std::string_view>& common_keys() {
  static const std::vector<std::string_view> keys = {"name", "models", "timeout", "retry"};
  return keys;
}

const std::vector<transport::EndpointType>& types() {
  static const std::vector<transport::EndpointType> types = {
      {"queue", {}, {}},
      {"exec", {"command"}, {"env"}},
      {"http", {"url"}, {"method", "ca_file", "headers", "token", "username", "password"}},
  };
  return types;
}

}  // namespace

std::vector<TargetSettings> read_targets(const Json& config) {
  std::vector<TargetSettings> targets;
  std::map<std::string, int> count;
  for (const Json& table :
       transport::read_endpoints(config, "targets", kOtherwise, common_keys(), types())) {
    const std::string& type = table.text("type");
    const int number = ++count[type];
    std::string name = number == 1 ? type : type + std::to_string(number);
    if (table.has("name")) name = table.text("name");

    TargetSettings target;
    target.spec = transport::read_spec(table, std::move(name));
    if (type == "queue") target.spec.flags = MLMON_ENDPOINT_QUEUE;
    if (table.has("models")) target.models = transport::Globs(table.at("models"));
    const std::int64_t timeout_ms = target.spec.timeout_ms;
    if (type == "exec") target.command = transport::read_command_settings(table, timeout_ms);
    if (type == "http") target.http = transport::read_http_settings(table, timeout_ms);
    for (const TargetSettings& other : targets) {
      if (other.spec.name != target.spec.name) continue;
      throw config_error(table.path() + ".name: \"" + other.spec.name + "\" is taken");
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace mlmon::retraining
