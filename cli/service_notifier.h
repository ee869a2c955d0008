#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mlmon {

/// Tells systemd how the service is (sd_notify(3)): ready, reloading, stopping, a status line, and that it is
/// alive. Does nothing where NOTIFY_SOCKET is not set. What cannot be told is no error.
class ServiceNotifier {
 public:
  /// Takes NOTIFY_SOCKET and WATCHDOG_USEC out of the environment: they are not for children.
  ServiceNotifier();
  ~ServiceNotifier();
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;

  bool listens() const { return fd_ >= 0; }

  void ready() { send("READY=1"); }
  void reloading(std::int64_t monotonic_us);
  void stopping() { send("STOPPING=1"); }

  /// Sends the line if it is another one than before, and that the service is alive when it is time for
  /// that. To be called at least twice a second.
  void alive(std::int64_t now_ns, const std::string& status);

 private:
  void send(std::string_view text);

  int fd_ = -1;
  std::string address_;            // of the socket; begins with NUL where it is an abstract one
  std::int64_t watchdog_ns_ = 0;   // how often systemd wants to hear; 0: it does not
  std::int64_t next_ns_ = 0;
  std::int64_t next_status_ns_ = 0;
  std::string status_;
};

}  // namespace mlmon
