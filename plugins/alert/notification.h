#pragma once

#include <mlmon/delivery.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/alert/alert_text.h"
#include "plugins/transport/sender.h"

namespace mlmon::alert {

/// What one message tells: an alert, or several of a group. Valid during the delivery.
class Notification {
 public:
  /// REQUIRES: at least one item.
  explicit Notification(const std::vector<Item>& items);

  /// The idempotency key: of one alert its id, of several a hash of theirs.
  const std::string& id() const { return id_; }

  /// In the order in which they were decided.
  const std::vector<AlertText>& alerts() const { return alerts_; }

  /// The same, the worst first: what fires before what is over, critical before warning and info.
  const std::vector<const AlertText*>& worst_first() const { return worst_first_; }

  /// Of one alert its subject; of several that of the worst, and how many more there are.
  std::string subject() const;

  /// "287 firing (200 critical, 87 warning), 13 resolved".
  std::string summary() const;

  /// For plain text: of one alert its body; of several the summary and the worst of them. Lines without a
  /// last newline.
  std::string text() const;

  static constexpr std::size_t kMostNamed = 20;

 private:
  std::string id_;
  std::vector<AlertText> alerts_;
  std::vector<const AlertText*> worst_first_;
};

/// One way to tell people. Belongs to one thread.
class Notifier {
 public:
  Notifier() = default;
  virtual ~Notifier() = default;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// One try. An exception is a retry with its text.
  virtual Outcome send(const Notification& notification, const transport::Cancelled& cancelled) = 0;
};

}  // namespace mlmon::alert
