#include "cli/service_notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kNsPerUs = 1000;
constexpr std::int64_t kStatusEvery = kNsPerSecond;

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  const std::string text = value ? value : "";
  ::unsetenv(name);
  return text;
}

}  // namespace

ServiceNotifier::ServiceNotifier() : address_(take_variable("NOTIFY_SOCKET")) {
  const std::string watchdog_us = take_variable("WATCHDOG_USEC"), pid = take_variable("WATCHDOG_PID");
  if (address_.empty() || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (address_[0] == '@') {
    address_[0] = '\0';
  } else if (address_[0] != '/') {
    return;
  }
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (pid.empty() || pid == std::to_string(::getpid())) {
    // Half the time, as sd_watchdog_enabled(3) asks for.
    watchdog_ns_ = std::strtoll(watchdog_us.c_str(), nullptr, 10) * kNsPerUs / 2;
  }
}

ServiceNotifier::~ServiceNotifier() {
  if (fd_ >= 0) ::close(fd_);
}

void ServiceNotifier::reloading(std::int64_t monotonic_us) {
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us));
}

void ServiceNotifier::alive(std::int64_t now_ns, const std::string& status) {
  if (fd_ < 0) return;
  if (status != status_ && now_ns >= next_status_ns_) {
    status_ = status;
    next_status_ns_ = now_ns + kStatusEvery;
    send("STATUS=" + status);
  }
  if (watchdog_ns_ > 0 && now_ns >= next_ns_) {
    next_ns_ = now_ns + watchdog_ns_;
    send("WATCHDOG=1");
  }
}

void ServiceNotifier::send(std::string_view text) {
  if (fd_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // A full socket must not hold up the run.
  (void)::sendto(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace mlmon
