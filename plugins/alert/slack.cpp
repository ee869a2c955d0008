#include "plugins/alert/slack.h"

#include <algorithm>
#include <mlmon/text.hpp>

#include "plugins/transport/http_outcome.h"

namespace mlmon::alert {
namespace {

constexpr std::size_t kLongestSection = 3000;  // of a section's text; here bytes, never more characters
constexpr std::size_t kMostAlerts = 20;        // a section each; a message may have 50 blocks

/// Without markup, links and mentions: at most so many bytes, no entity cut in two.
std::string escaped(std::string_view text, std::size_t most) {
  constexpr std::string_view kMore = "…";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    std::string_view piece = text.substr(at, end - at);
    if (piece == "&") piece = "&amp;";
    if (piece == "<") piece = "&lt;";
    if (piece == ">") piece = "&gt;";
    const std::size_t room = end < text.size() ? kMore.size() : 0;
    if (out.size() + piece.size() + room > most) return out.append(kMore);
    out += piece;
    at = end;
  }
  return out;
}

std::string section(std::string_view text) {
  Fields body;
  body.text("type", "mrkdwn").text("text", escaped(text, kLongestSection)).flag("verbatim", true);
  Fields block;
  block.text("type", "section").json("text", body.str());
  return block.str();
}

}  // namespace

std::string slack_message(const Notification& notification) {
  const std::string subject = notification.subject();
  const bool several = notification.alerts().size() > 1;
  std::string blocks;
  if (several) blocks = section(subject + "\n" + notification.summary());
  const auto& alerts = notification.worst_first();
  for (std::size_t i = 0; i < std::min(alerts.size(), kMostAlerts); ++i) {
    if (!blocks.empty()) blocks += ',';
    blocks += section(alerts[i]->body.empty() ? alerts[i]->subject
                                              : alerts[i]->subject + "\n" + alerts[i]->body);
  }
  if (alerts.size() > kMostAlerts) {
    blocks += "," + section("… and " + std::to_string(alerts.size() - kMostAlerts) + " more");
  }
  Fields message;
  message.text("text", escaped(several ? subject + ": " + notification.summary() : subject,
                               kLongestSection));
  message.json("blocks", "[" + blocks + "]");
  return message.str();
}

Outcome Slack::send(const Notification& notification, const transport::Cancelled& cancelled) {
  return transport::to_outcome(client_.send(slack_message(notification), {}, cancelled));
}

}  // namespace mlmon::alert
