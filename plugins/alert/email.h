#pragma once

#include <string>
#include <vector>

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

/// Sends one mail a group by SMTP. Those of one group, or about one rule and model, are a thread.
class Email final : public Notifier {
 public:
  explicit Email(EmailSettings settings);
  Outcome send(const Notification& notification, const transport::Cancelled& cancelled) override;

 private:
  std::string thread_of(const AlertText& alert) const;

  const EmailSettings settings_;
  transport::SmtpClient client_;
};

}  // namespace mlmon::alert
