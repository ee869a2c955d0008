#include "plugins/alert/alertmanager.h"

#include <chrono>
#include <mlmon/text.hpp>
#include <utility>
#include <vector>

#include "plugins/alert/alert_labels.h"
#include "plugins/transport/http_outcome.h"

namespace mlmon::alert {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::int64_t now_ns() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

std::string one_alert(const AlertText& alert, const Labels& labels,
                      const AlertmanagerSettings& settings, std::int64_t now) {
  Fields annotations;
  annotations.text("summary", alert.subject).text("description", alert.body);
  annotations.text("mlmon_id", alert.id);
  if (!alert.deployed_at.empty()) annotations.text("deployed_at", alert.deployed_at);
  Fields out;
  out.json("labels", to_json(labels)).json("annotations", annotations.str());
  // An alert of the future, to Alertmanager's clock, would end before it starts. Times in UTC with as many
  // digits compare like texts.
  const std::string began = began_at(alert), this_moment = format_time(now);
  if (!began.empty() && began < this_moment) out.text("startsAt", began);
  out.text("endsAt", alert.over() ? this_moment : format_time(now + settings.hold_ms * kNsPerMs));
  return out.str();
}

}  // namespace

std::string alertmanager_alerts(const Notification& notification,
                                const AlertmanagerSettings& settings, std::int64_t now) {
  // Of several changes of one alert the last counts.
  std::vector<std::pair<Labels, const AlertText*>> last;
  for (const AlertText& alert : notification.alerts()) {
    Labels labels = labels_of(alert, settings.labels);
    std::erase_if(last, [&](const auto& other) { return other.first == labels; });
    last.emplace_back(std::move(labels), &alert);
  }
  std::string out;
  for (const auto& [labels, alert] : last) {
    out += (out.empty() ? "" : ",") + one_alert(*alert, labels, settings, now);
  }
  return "[" + out + "]";
}

Alertmanager::Alertmanager(AlertmanagerSettings settings)
    : settings_(std::move(settings)), client_(settings_.http) {}

Outcome Alertmanager::send(const Notification& notification,
                           const transport::Cancelled& cancelled) {
  const std::string body = alertmanager_alerts(notification, settings_, now_ns());
  return transport::to_outcome(client_.send(body, {}, cancelled));
}

}  // namespace mlmon::alert
