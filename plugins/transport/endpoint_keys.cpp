#include "plugins/transport/endpoint_keys.h"

#include <algorithm>
#include <utility>

#include "plugins/transport/rate.h"

namespace mlmon::transport {
namespace {

bool contains(const std::vector<std::string_view>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

void check_keys(const Json& endpoint, const std::vector<std::string_view>& common,
                const EndpointType& type) {
  const std::string of = ": type \"" + std::string(type.name) + "\" ";
  for (const std::string_view needed : type.needs) {
    if (!endpoint.has(needed)) throw config_error(endpoint.path() + of + "needs " + std::string(needed));
  }
  for (const std::string& name : endpoint.names()) {
    if (name == "type" || contains(common, name) || contains(type.needs, name) ||
        contains(type.may_have, name)) {
      continue;
    }
    throw config_error(endpoint.path() + "." + name + of + "takes no " + name);
  }
}

const EndpointType& find_type(const Json& endpoint, const std::vector<EndpointType>& types) {
  const std::string& name = endpoint.text("type");
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const EndpointType& type) { return type.name == name; });
  if (found == types.end()) throw config_error(endpoint.path() + ".type: there is no such type");
  return *found;
}

}  // namespace

std::vector<Json> read_endpoints(const Json& config, std::string_view key,
                                 std::string_view otherwise,
                                 const std::vector<std::string_view>& common,
                                 const std::vector<EndpointType>& types) {
  std::vector<Json> endpoints;
  if (config.has(key)) endpoints = config.at(key).items();
  if (endpoints.empty()) endpoints.push_back(Json::parse(otherwise));
  for (const Json& endpoint : endpoints) check_keys(endpoint, common, find_type(endpoint, types));
  return endpoints;
}

bool is_endpoint_name(std::string_view name) {
  constexpr std::string_view kTaken =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !name.empty() && name.size() <= 100 && name.find_first_not_of(kTaken) == name.npos;
}

EndpointSpec read_spec(const Json& endpoint, std::string name) {
  EndpointSpec spec;
  spec.name = std::move(name);
  if (endpoint.has("timeout")) {
    spec.timeout_ms = endpoint.duration_ms("timeout");
    if (spec.timeout_ms == 0) {
      throw config_error(endpoint.at("timeout").path() + ": expected a duration above zero");
    }
  }
  if (endpoint.has("retry")) {
    const Json& retry = endpoint.at("retry");
    const auto read = [&retry](std::string_view key, std::int64_t& ms) {
      if (retry.has(key)) ms = retry.duration_ms(key);
    };
    read("initial", spec.retry_initial_ms);
    read("max", spec.retry_max_ms);
    read("give_up", spec.retry_give_up_ms);
  }
  if (const auto rate = endpoint.has("rate_limit") ? read_rate(endpoint.at("rate_limit")) : std::nullopt) {
    spec.rate_limit = rate->limit;
    spec.rate_period_ms = rate->period_ns / 1'000'000;
  }
  return spec;
}

const std::string& text_without_nul(const Json& text) {
  if (text.text().find('\0') != std::string::npos) {
    throw config_error(text.path() + ": expected no NUL in it");
  }
  return text.text();
}

}  // namespace mlmon::transport
