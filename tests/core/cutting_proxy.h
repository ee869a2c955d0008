#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

namespace mlmon {

/// Stands between a client and a server on loopback, one connection after the other, and cuts one off as its COMMIT
/// passes: before the server has it (which may go unnoticed there), or when the server has answered and the client
/// does not know it. Or it closes nothing and passes nothing on any more, from the COMMIT or from its answer on.
class CuttingProxy {
 public:
  enum class Cut { kNever, kBefore, kUnnoticed, kAfter, kSwallowed, kUnanswered };

  explicit CuttingProxy(std::uint16_t server) : server_(server) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, as_address(address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, as_address(address), &size) != 0) {
      throw std::runtime_error("no proxy");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { work(); });
  }
  ~CuttingProxy() {
    over_ = true;
    thread_.join();
    ::close(listener_);
    if (unnoticed_ >= 0) ::close(unnoticed_);
  }
  CuttingProxy(const CuttingProxy&) = delete;

  std::uint16_t port() const { return port_; }
  void cut_next(Cut how) { cut_ = how; }
  int cuts() const { return cuts_; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }
  static sockaddr* as_address(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

  void work() {
    while (!over_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int client = ::accept(listener_, nullptr, nullptr);
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address = loopback(server_);
      if (::connect(server, as_address(address), sizeof address) == 0) pass(client, server);
      ::close(client);
      if (server != unnoticed_) ::close(server);
    }
  }

  /// Until one of them closes, or the COMMIT that is to be cut off.
  void pass(int client, int server) {
    bool commits = false, silent = false;
    while (!over_) {
      pollfd both[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(both, 2, 20) <= 0) continue;
      char buffer[65536];
      for (int i = 0; i < 2; ++i) {
        if (both[i].revents == 0) continue;
        const ssize_t size = ::read(both[i].fd, buffer, sizeof buffer);
        if (size <= 0) return;
        if (silent) continue;
        const std::string_view text(buffer, static_cast<std::size_t>(size));
        if (cut_ != Cut::kNever && text.find("COMMIT") != text.npos) {
          const Cut how = cut_;
          if (i == 0) commits = true;
          const bool at_answer = how == Cut::kAfter || how == Cut::kUnanswered;
          if ((i == 0 && !at_answer) || (i == 1 && commits)) {
            cut_ = Cut::kNever;
            silent = how == Cut::kSwallowed || how == Cut::kUnanswered;
            if (how == Cut::kUnnoticed || silent) unnoticed_ = server;
            ++cuts_;
            if (silent) continue;
            return;
          }
        }
        if (::write(both[1 - i].fd, buffer, static_cast<std::size_t>(size)) != size) return;
      }
    }
  }

  const std::uint16_t server_;
  int listener_ = -1;
  int unnoticed_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> over_{false};
  std::atomic<Cut> cut_{Cut::kNever};
  std::atomic<int> cuts_{0};
  std::thread thread_;
};

}  // namespace mlmon
