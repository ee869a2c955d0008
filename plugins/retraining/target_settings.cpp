#include "plugins/retraining/target_settings.h"

#include <map>
#include <string>
#include <utility>

#include "plugins/retraining/targets/target_types.h"
#include "plugins/transport/endpoint_keys.h"

namespace mlmon::retraining {
namespace {

constexpr char kOtherwise[] = R"({"type":"queue"})";

const std::vector<std::string_view>& common_keys() {
  static const std::vector<std::string_view> keys = {"name", "models", "timeout", "retry"};
  return keys;
}

std::string read_name(const Json& table, std::string otherwise) {
  if (!table.has("name") || table.text("type") == "mlflow") return otherwise;
  const std::string& name = table.text("name");
  if (!transport::is_endpoint_name(name)) {
    throw config_error(table.at("name").path() + ": expected 1 to 100 of A-Z, a-z, 0-9, _ . and -");
  }
  return name;
}

std::int64_t read_poll(const Json& poll) {
  const std::int64_t ms = poll.duration_ms();
  if (ms == 0) throw config_error(poll.path() + ": expected a duration above zero");
  return ms;
}

}  // namespace

std::vector<TargetSettings> read_targets(const Json& config) {
  std::vector<TargetSettings> targets;
  std::map<std::string, int> count;
  for (const Json& table :
       transport::read_endpoints(config, "targets", kOtherwise, common_keys(), target_types())) {
    const std::string& type = table.text("type");
    const int number = ++count[type];
    const std::string name =
        read_name(table, number == 1 ? type : type + std::to_string(number));

    TargetSettings target;
    target.spec = transport::read_spec(table, name);
    if (table.has("poll")) target.spec.poll_ms = read_poll(table.at("poll"));
    if (type == "queue") target.spec.flags = MLMON_ENDPOINT_QUEUE;
    if (table.has("models")) target.models = transport::Globs(table.at("models"));
    const std::int64_t timeout_ms = target.spec.timeout_ms;
    if (type == "exec") target.command = transport::read_command_settings(table, timeout_ms);
    target.http = make_http_target(table, timeout_ms);
    for (const TargetSettings& other : targets) {
      if (other.spec.name != target.spec.name) continue;
      throw config_error(table.path() + ".name: \"" + other.spec.name + "\" is taken");
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace mlmon::retraining
