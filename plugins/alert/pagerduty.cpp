#include "plugins/alert/pagerduty.h"

#include <mlmon/text.hpp>

#include "plugins/alert/signature.h"
#include "plugins/transport/http_outcome.h"

namespace mlmon::alert {
namespace {

constexpr std::size_t kLongestSummary = 1024;
constexpr std::size_t kLongestDetails = 400'000;  // of the 512 KB that an event may have

std::string key_of(const AlertText& alert) {
  std::string all;
  for (const std::string* part :
       {&alert.observer, &alert.rule, &alert.model, &alert.version, &alert.deployed_at}) {
    all += *part + '\n';
  }
  return "mlmon-" + sha256(all);
}

std::string severity_of(const AlertText& alert) {
  return alert.severity == "critical" || alert.severity == "info" ? alert.severity : "warning";
}

}  // namespace

std::string pagerduty_event(const AlertText& alert, const std::string& routing_key) {
  Fields event;
  event.text("routing_key", routing_key).text("event_action", alert.over() ? "resolve" : "trigger");
  event.text("dedup_key", key_of(alert));
  Fields payload;
  payload.text("summary", first_bytes(alert.subject, kLongestSummary));
  payload.text("source", alert.one_model()).text("severity", severity_of(alert));
  if (!alert.event_time.empty()) payload.text("timestamp", alert.event_time);
  payload.text("component", alert.model).text("group", alert.observer).text("class", alert.rule);
  if (alert.json.size() <= kLongestDetails) {
    payload.json("custom_details", alert.json);
  } else {
    payload.json("custom_details", Fields().text("mlmon_id", alert.id).str());
  }
  event.json("payload", payload.str()).text("client", "mlmon");
  return event.str();
}

Outcome Pagerduty::send(const Item& item, const transport::Cancelled& cancelled) {
  return transport::to_outcome(
      client_.send(pagerduty_event(read_alert(item), routing_key_), {}, cancelled));
}

}  // namespace mlmon::alert
