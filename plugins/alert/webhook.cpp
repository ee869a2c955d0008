#include "plugins/alert/webhook.h"

#include <algorithm>
#include <mlmon/text.hpp>
#include <utility>

#include "plugins/alert/alert_labels.h"
#include "plugins/alert/signature.h"
#include "plugins/transport/http_outcome.h"

namespace mlmon::alert {
namespace {

constexpr const char* kNoTime = "0001-01-01T00:00:00Z";  // Go's zero time

std::string own_body(const Notification& notification, const std::string& receiver) {
  std::string actions;
  for (const AlertText& alert : notification.alerts()) {
    if (!actions.empty()) actions += ',';
    actions += alert.json;
  }
  Fields body;
  body.integer("version", 1).text("receiver", receiver).json("alerts", "[" + actions + "]");
  return body.str();
}

/// What all of them share.
void keep_common(Labels& common, const Labels& labels) {
  std::erase_if(common, [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found == labels.end() || found->second != label.second;
  });
}

/// The label in which a member of the action is found.
std::string label_of(const std::string& member) {
  if (member == "rule") return "alertname";
  if (member == "model.name" || member == "model") return "model";
  if (member == "model.version") return "version";
  return member.starts_with("labels.") ? member.substr(7) : member;
}

/// As Alertmanager writes label sets: {alertname="drift", model="fraud"}.
std::string label_set(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    Fields quoted;
    quoted.text("", value);
    const std::string& object = quoted.str();  // {"":"value"}
    out += (out.empty() ? "" : ", ") + name + "=" + object.substr(4, object.size() - 5);
  }
  return "{" + out + "}";
}

}  // namespace

std::string alertmanager_webhook(const Notification& notification, const WebhookSettings& settings) {
  std::string alerts;
  Labels common;
  Labels common_notes;
  bool any_fires = false, first = true;
  for (const AlertText& alert : notification.alerts()) {
    const Labels labels = labels_of(alert, {});
    const Labels notes = {{"description", alert.body}, {"summary", alert.subject}};
    if (std::exchange(first, false)) {
      common = labels;
      common_notes = notes;
    }
    keep_common(common, labels);
    keep_common(common_notes, notes);
    any_fires = any_fires || !alert.over();
    const std::string began = began_at(alert);
    Fields one;
    one.text("status", alert.over() ? "resolved" : "firing");
    one.json("labels", to_json(labels)).json("annotations", to_json(notes));
    one.text("startsAt", began.empty() ? alert.event_time : began);
    one.text("endsAt", alert.over() ? alert.event_time : kNoTime);
    one.text("generatorURL", "").text("fingerprint", fingerprint(labels));
    alerts += (alerts.empty() ? "" : ",") + one.str();
  }
  Labels group;
  for (const std::string& member : settings.group_by) {
    const auto found = common.find(label_of(member));
    if (found != common.end()) group.insert(*found);
  }
  Fields body;
  body.text("receiver", settings.receiver).text("status", any_fires ? "firing" : "resolved");
  body.json("alerts", "[" + alerts + "]").json("groupLabels", to_json(group));
  body.json("commonLabels", to_json(common)).json("commonAnnotations", to_json(common_notes));
  body.text("externalURL", "").text("version", "4");
  body.text("groupKey", "{}:" + label_set(group)).integer("truncatedAlerts", 0);
  return body.str();
}

Webhook::Webhook(WebhookSettings settings)
    : settings_(std::move(settings)), client_(settings_.http) {}

Outcome Webhook::send(const Notification& notification, const transport::Cancelled& cancelled) {
  const std::string body = settings_.like_alertmanager
                               ? alertmanager_webhook(notification, settings_)
                               : own_body(notification, settings_.receiver);
  std::vector<transport::HttpClient::Header> headers = {{"Idempotency-Key", notification.id()}};
  if (!settings_.secret.empty()) {
    headers.emplace_back("X-Mlmon-Signature", "sha256=" + hmac_sha256(settings_.secret, body));
  }
  return transport::to_outcome(client_.send(body, headers, cancelled));
}

}  // namespace mlmon::alert
