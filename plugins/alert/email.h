#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "plugins/alert/mail.h"
#include "plugins/alert/notification.h"
#include "plugins/transport/smtp_client.h"

namespace mlmon::alert {

struct EmailSettings {
  transport::SmtpSettings smtp;
  std::string receiver;  // its name
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> group_by;  // members of the action; none: rule and model
};

/// Sends one mail a group by SMTP. Those of one group, or about one rule and model, are a thread. A recipient
/// that has taken a mail does not get it again when others are asked again, as long as this object lives.
class Email final : public Notifier {
 public:
  explicit Email(EmailSettings settings);
  Outcome send(const Notification& notification, const transport::Cancelled& cancelled) override;

 private:
  std::string thread_of(const AlertText& alert) const;
  transport::Envelope envelope_of(const Mail& mail) const;
  void remember(const std::string& id, transport::Envelope envelope);

  static constexpr std::size_t kMostBegun = 1024;

  const EmailSettings settings_;
  transport::SmtpClient client_;
  std::unordered_map<std::string, transport::Envelope> begun_;  // mails by id: whom they have still to reach
};

}  // namespace mlmon::alert
