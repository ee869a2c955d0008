#include "plugins/alert/notification.h"

#include <algorithm>
#include <array>

#include "plugins/alert/signature.h"

namespace mlmon::alert {
namespace {

constexpr std::array<std::string_view, 3> kSeverities = {"critical", "warning", "info"};

std::size_t rank_of(const AlertText& alert) {
  const auto found = std::find(kSeverities.begin(), kSeverities.end(), alert.severity);
  const auto severity = static_cast<std::size_t>(found - kSeverities.begin());
  return severity + (alert.over() ? 10 : 0);
}

std::string counted(const std::vector<AlertText>& alerts, const std::string& state) {
  std::size_t count = 0;
  std::array<std::size_t, kSeverities.size()> by_severity{};
  for (const AlertText& alert : alerts) {
    if ((alert.state.empty() ? "told" : alert.state) != state) continue;
    ++count;
    const std::size_t severity = rank_of(alert) % 10;
    if (severity < by_severity.size()) ++by_severity[severity];
  }
  if (count == 0) return "";
  std::string list;
  for (std::size_t i = 0; i < by_severity.size(); ++i) {
    if (by_severity[i] == 0) continue;
    list += (list.empty() ? "" : ", ") + std::to_string(by_severity[i]) + " " +
            std::string(kSeverities[i]);
  }
  return std::to_string(count) + " " + state + (list.empty() ? "" : " (" + list + ")");
}

std::string indented(const std::string& text) {
  std::string out = "  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

}  // namespace

Notification::Notification(const std::vector<Item>& items) {
  std::string ids;
  for (const Item& item : items) {
    alerts_.push_back(read_alert(item));
    ids += alerts_.back().id + "\n";
  }
  id_ = alerts_.size() == 1 ? alerts_[0].id : sha256(ids);
  for (const AlertText& alert : alerts_) worst_first_.push_back(&alert);
  std::stable_sort(
      worst_first_.begin(), worst_first_.end(),
      [](const AlertText* a, const AlertText* b) { return rank_of(*a) < rank_of(*b); });
}

std::string Notification::subject() const {
  const std::string& worst = worst_first_[0]->subject;
  if (alerts_.size() == 1) return worst;
  return worst + " and " + std::to_string(alerts_.size() - 1) + " more";
}

std::string Notification::summary() const {
  std::string out;
  for (const char* state : {"firing", "flapping", "resolved", "told"}) {
    const std::string part = counted(alerts_, state);
    if (!part.empty()) out += (out.empty() ? "" : ", ") + part;
  }
  return out;
}

std::string Notification::text() const {
  if (alerts_.size() == 1) return alerts_[0].body;
  std::string out = summary();
  for (std::size_t i = 0; i < std::min(worst_first_.size(), kMostNamed); ++i) {
    out += "\n" + worst_first_[i]->subject;
    if (!worst_first_[i]->body.empty()) out += "\n" + indented(worst_first_[i]->body);
  }
  if (worst_first_.size() > kMostNamed) {
    out += "\n… and " + std::to_string(worst_first_.size() - kMostNamed) + " more";
  }
  return out;
}

}  // namespace mlmon::alert
