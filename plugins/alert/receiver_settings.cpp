#include "plugins/alert/receiver_settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "plugins/alert/alertmanager.h"
#include "plugins/alert/email.h"
#include "plugins/alert/file.h"
#include "plugins/alert/mail.h"
#include "plugins/alert/pagerduty.h"
#include "plugins/alert/slack.h"
#include "plugins/alert/webhook.h"
#include "plugins/transport/command.h"
#include "plugins/transport/endpoint_keys.h"

namespace mlmon::alert {
namespace {

using transport::text_without_nul;

constexpr char kOtherwise[] = R"({"name":"stderr","type":"stderr"})";

const std::vector<std::string_view>& common_keys() {
  static const std::vector<std::string_view> keys = {
      "name",    "severity", "models",     "rules",    "labels",     "timeout",
      "retry",   "rate_limit", "group_by", "group_wait", "fallback"};
  return keys;
}

const std::vector<transport::EndpointType>& types() {
  static const std::vector<transport::EndpointType> types = {
      {"stderr", {}, {}},
      {"file", {"path"}, {}},
      {"exec", {"command"}, {"env"}},
      {"webhook",
       {"url"},
       {"secret", "format", "ca_file", "headers", "token", "username", "password"}},
      {"slack", {"url"}, {"ca_file", "headers", "token", "username", "password"}},
      {"pagerduty", {"routing_key"}, {"url", "ca_file", "headers"}},
      {"alertmanager", {"url"}, {"hold", "ca_file", "headers", "token", "username", "password"}},
      {"email", {"url", "from", "to"}, {"starttls", "ca_file", "username", "password"}},
      {"kafka", {"brokers", "topic"}, {"properties"}},
  };
  return types;
}

/// The members of an action that receivers can group by.
void check_member(const Json& member) {
  constexpr std::array<std::string_view, 9> kMembers = {
      "rule",  "severity",   "state",         "observer", "metric",
      "model", "model.name", "model.version", "model.deployed_at"};
  const std::string& name = member.text();
  if (std::find(kMembers.begin(), kMembers.end(), name) != kMembers.end()) return;
  if (name.size() > 7 && name.starts_with("labels.") && name.find('\n') == name.npos) return;
  throw config_error(member.path() +
                     ": expected rule, severity, state, observer, metric, model, model.name, "
                     "model.version, model.deployed_at or labels.NAME, got \"" +
                     name + "\"");
}

std::vector<std::string> read_group_by(const Json& table) {
  std::vector<std::string> members;
  if (!table.has("group_by")) return members;
  for (const Json& member : table.at("group_by").items()) {
    check_member(member);
    members.push_back(member.text());
  }
  return members;
}

void read_grouping(const Json& config, const Json& table, EndpointSpec& spec) {
  for (const std::string& member : read_group_by(table)) {
    spec.group_by += (spec.group_by.empty() ? "" : "\n") + member;
  }
  if (table.has("group_wait")) spec.group_wait_ms = table.duration_ms("group_wait");
  if (table.has("fallback")) spec.fallback = table.text("fallback");
  spec.most_at_once = config.has("buffer") ? config.integer("buffer") : 1024;
}

/// The settings of a receiver whose API is at `path` below its URL.
transport::HttpSettings read_api(const Json& table, std::int64_t timeout_ms, std::string_view path,
                                 std::string otherwise = "") {
  transport::HttpSettings http =
      transport::read_http_settings(table, timeout_ms, {std::move(otherwise)});
  while (http.url.ends_with('/')) http.url.pop_back();
  if (!http.url.ends_with(path)) http.url += path;
  return http;
}

void read_webhook(const Json& table, ReceiverSettings& receiver) {
  WebhookSettings settings;
  settings.receiver = receiver.spec.name;
  settings.http = transport::read_http_settings(table, receiver.spec.timeout_ms);
  receiver.secrets = transport::Secrets(settings.http);
  if (table.has("secret")) settings.secret = table.text("secret");
  receiver.secrets.add(settings.secret);
  settings.like_alertmanager = table.has("format") && table.text("format") == "alertmanager";
  settings.group_by = read_group_by(table);
  receiver.spec.flags = MLMON_ENDPOINT_GROUPS;
  if (settings.like_alertmanager) receiver.spec.flags |= MLMON_ENDPOINT_BEGAN;
  receiver.notifier = [settings] { return std::make_unique<Webhook>(settings); };
}

void read_slack(const Json& table, ReceiverSettings& receiver) {
  const auto http = transport::read_http_settings(table, receiver.spec.timeout_ms);
  receiver.secrets = transport::Secrets(http);
  // Who knows the URL of an incoming webhook may post.
  receiver.secrets.add(http.url.substr(std::min(http.url.find('/', 8), http.url.size())));
  receiver.spec.flags = MLMON_ENDPOINT_GROUPS;
  receiver.notifier = [http] { return std::make_unique<Slack>(http); };
}

void read_pagerduty(const Json& table, ReceiverSettings& receiver) {
  const auto http = read_api(table, receiver.spec.timeout_ms, "/v2/enqueue",
                             "https://events.pagerduty.com");
  receiver.secrets = transport::Secrets(http);
  receiver.secrets.add(table.text("routing_key"));
  receiver.sender = [http, key = table.text("routing_key")] {
    return std::make_unique<Pagerduty>(http, key);
  };
}

void read_alertmanager(const Json& table, ReceiverSettings& receiver) {
  AlertmanagerSettings settings;
  settings.http = read_api(table, receiver.spec.timeout_ms, "/api/v2/alerts");
  receiver.secrets = transport::Secrets(settings.http);
  if (table.has("labels")) {
    const Json& labels = table.at("labels");
    for (const std::string& name : labels.names()) settings.labels[name] = labels.text(name);
  }
  if (table.has("hold")) settings.hold_ms = table.duration_ms("hold");
  constexpr std::int64_t kLongestMs = 366 * std::int64_t{86'400'000};
  if (settings.hold_ms < 1'000 || settings.hold_ms > kLongestMs) {
    throw config_error(table.path() + ".hold: expected a duration from 1s to 366d");
  }
  receiver.spec.flags = MLMON_ENDPOINT_GROUPS | MLMON_ENDPOINT_BEGAN;
  receiver.spec.renew_ms = settings.hold_ms / 3;
  if (receiver.spec.group_by.empty()) receiver.spec.group_by = "*";
  receiver.notifier = [settings] { return std::make_unique<Alertmanager>(settings); };
}

const std::string& read_mailbox(const Json& text) {
  if (!address_in(text.text()).empty()) return text.text();
  throw config_error(text.path() + ": expected an address, as ops@example.org or NAME <ADDRESS>");
}

void read_email(const Json& table, ReceiverSettings& receiver) {
  EmailSettings settings;
  settings.receiver = receiver.spec.name;
  settings.group_by = read_group_by(table);
  settings.from = read_mailbox(table.at("from"));
  for (const Json& one : table.at("to").items()) settings.to.push_back(read_mailbox(one));
  if (settings.to.empty()) throw config_error(table.at("to").path() + ": expected an address");
  transport::SmtpSettings& smtp = settings.smtp;
  smtp.url = text_without_nul(table.at("url"));
  if (!transport::is_smtp_url(smtp.url)) {
    throw config_error(table.at("url").path() + ": expected a URL with smtp:// or smtps://");
  }
  if (table.has("starttls")) smtp.starttls = table.flag("starttls");
  if (table.has("ca_file")) smtp.ca_file = text_without_nul(table.at("ca_file"));
  if (table.has("username") != table.has("password")) {
    throw config_error(table.path() + ": expected username and password together");
  }
  if (table.has("username")) {
    smtp.username = text_without_nul(table.at("username"));
    smtp.password = text_without_nul(table.at("password"));
    receiver.secrets.add(smtp.password);
  }
  smtp.timeout_ms = receiver.spec.timeout_ms;
  receiver.spec.flags = MLMON_ENDPOINT_GROUPS;
  receiver.notifier = [settings] { return std::make_unique<Email>(settings); };
}

void read_kafka(const Json& table, ReceiverSettings& receiver) {
  KafkaSettings settings;
  for (const Json& broker : table.at("brokers").items()) {
    settings.brokers += (settings.brokers.empty() ? "" : ",") + text_without_nul(broker);
  }
  settings.topic = text_without_nul(table.at("topic"));
  settings.timeout_ms = receiver.spec.timeout_ms;
  if (table.has("properties")) {
    const Json& properties = table.at("properties");
    for (const std::string& name : properties.names()) {
      const std::string& value = text_without_nul(properties.at(name));
      const std::string wrong = check_kafka_property(name, value);
      if (!wrong.empty()) {
        // What librdkafka says may hold the value, which may be a secret.
        throw config_error(properties.path() + "." + name +
                           ": expected a property of librdkafka and a value that it takes");
      }
      settings.properties.emplace_back(name, value);
      // Others are words such as "gzip".
      const bool secret = name.find("password") != name.npos || name.find("secret") != name.npos ||
                          name.ends_with(".pem");
      if (secret) receiver.secrets.add(value);
    }
  }
  receiver.kafka = [settings] { return std::make_unique<Kafka>(settings); };
}

void read_way(const Json& table, ReceiverSettings& receiver) {
  const std::string& type = table.text("type");
  const std::int64_t timeout_ms = receiver.spec.timeout_ms;
  if (type == "stderr") receiver.spec.flags = MLMON_ENDPOINT_GROUPS;
  if (type == "file") {
    receiver.sender = [path = text_without_nul(table.at("path"))] {
      return std::make_unique<File>(path);
    };
  }
  if (type == "exec") {
    for (const auto& variable : transport::read_command_settings(table, timeout_ms).env) {
      receiver.secrets.add(variable.second);
    }
    receiver.sender = [command = transport::read_command_settings(table, timeout_ms)] {
      return std::make_unique<transport::Command>(command);
    };
  }
  if (type == "webhook") read_webhook(table, receiver);
  if (type == "slack") read_slack(table, receiver);
  if (type == "pagerduty") read_pagerduty(table, receiver);
  if (type == "alertmanager") read_alertmanager(table, receiver);
  if (type == "email") read_email(table, receiver);
  if (type == "kafka") read_kafka(table, receiver);
}

/// Each names another that is there, and none comes back to itself.
void check_fallbacks(const Json& config, const std::vector<ReceiverSettings>& receivers) {
  const auto next_of = [&](const std::string& name) -> const ReceiverSettings* {
    const auto found =
        std::find_if(receivers.begin(), receivers.end(),
                     [&](const ReceiverSettings& one) { return one.spec.name == name; });
    return found == receivers.end() ? nullptr : &*found;
  };
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    if (receivers[i].spec.fallback.empty()) continue;
    const std::string place = config.at("receivers").items()[i].path() + ".fallback: ";
    const ReceiverSettings* at = &receivers[i];
    for (std::size_t steps = 0; !at->spec.fallback.empty(); ++steps) {
      const std::string wanted = at->spec.fallback;
      at = next_of(wanted);
      if (at == nullptr) throw config_error(place + "there is no receiver \"" + wanted + "\"");
      if (at == &receivers[i] || steps > receivers.size()) {
        throw config_error(place + "expected a receiver that does not fall back to this one");
      }
    }
  }
}

}  // namespace

std::vector<ReceiverSettings> read_receivers(const Json& config) {
  std::vector<ReceiverSettings> receivers;
  for (const Json& table :
       transport::read_endpoints(config, "receivers", kOtherwise, common_keys(), types())) {
    ReceiverSettings receiver;
    receiver.spec = transport::read_spec(table, table.text("name"));
    read_grouping(config, table, receiver.spec);
    // To Alertmanager `labels` are those that it gets.
    receiver.filter = ReceiverFilter(table, table.text("type") != "alertmanager");
    read_way(table, receiver);
    for (const ReceiverSettings& other : receivers) {
      if (other.spec.name != receiver.spec.name) continue;
      throw config_error(table.path() + ".name: \"" + other.spec.name + "\" is taken");
    }
    receivers.push_back(std::move(receiver));
  }
  check_fallbacks(config, receivers);
  return receivers;
}

}  // namespace mlmon::alert
