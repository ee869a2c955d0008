#include "cli/reachability.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "core/text/text_member.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

constexpr int kTimeoutMs = 5000;
constexpr const char* kReceiver = "receiver";

struct Address {
  std::string host, port;
};

/// The host and port of `SCHEME://[USER@]HOST[:PORT]/…`.
std::optional<Address> address_of(const std::string& url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == url.npos) return std::nullopt;
  const std::string scheme = url.substr(0, scheme_end);
  std::string at = url.substr(scheme_end + 3);
  at = at.substr(0, at.find_first_of("/?#"));
  at = at.substr(at.rfind('@') == at.npos ? 0 : at.rfind('@') + 1);
  std::string port = scheme == "https" ? "443" : scheme == "smtp" ? "25" : scheme == "smtps" ? "465" : scheme == "kafka" ? "9092" : "80";
  if (at.starts_with('[')) {
    const std::size_t end = at.find(']');
    if (end == at.npos) return std::nullopt;
    if (end + 1 < at.size() && at[end + 1] == ':') port = at.substr(end + 2);
    return Address{at.substr(1, end - 1), port};
  }
  if (const std::size_t colon = at.rfind(':'); colon != at.npos) {
    port = at.substr(colon + 1);
    at.resize(colon);
  }
  if (at.empty()) return std::nullopt;
  return Address{at, port};
}

/// Why no connection could be made; empty: one was, and it is closed again.
std::string try_connection(const addrinfo& info) {
  const int fd = ::socket(info.ai_family, info.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return std::strerror(errno);
  int failure = ::connect(fd, info.ai_addr, info.ai_addrlen) == 0 ? 0 : errno;
  if (failure == EINPROGRESS) {
    pollfd ready{fd, POLLOUT, 0};
    const int polled = ::poll(&ready, 1, kTimeoutMs);
    socklen_t size = sizeof failure;
    if (polled == 0) {
      failure = ETIMEDOUT;
    } else {
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    }
  }
  ::close(fd);
  return failure == 0 ? "" : std::strerror(failure);
}

std::string try_address(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  if (failed != 0) return ::gai_strerror(failed);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  std::string why = "no address";
  for (const addrinfo* one = found; one != nullptr && !why.empty(); one = one->ai_next) {
    why = try_connection(*one);
  }
  return why;
}

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

bool program_is_found(const std::string& name) {
  if (name.find('/') != name.npos) return is_executable_file(name);
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (is_executable_file((folder.empty() ? "." : folder) + "/" + name)) return true;
  }
  return false;
}

bool can_be_appended_to(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) return ::access(path.c_str(), W_OK) == 0;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return ::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

/// Where requests go: the endpoint's own url, else the service's public one.
std::string url_of(const SortedJson& endpoint, const std::string& type) {
  if (const std::string url = text_of(endpoint, "url"); !url.empty()) return url;
  if (type == "github") return "https://api.github.com";
  if (type == "gitlab") return "https://gitlab.com";
  return type == "pagerduty" ? "https://events.pagerduty.com" : "";
}

void check_host(const char* check, const std::string& name, const Address& address, Health& health) {
  const std::string why = try_address(address);
  const std::string where = fmt::format("{}: {} port {}", name, address.host, address.port);
  if (why.empty()) {
    health.ok(check, where + " takes connections");
  } else {
    health.broken(check, where + " cannot be reached: " + why);
  }
}

void check_broker(const char* check, const std::string& name, const std::string& broker, Health& health) {
  const auto address = address_of("kafka://" + broker);
  if (!address) return health.broken(check, fmt::format("{}: expected HOST:PORT, got \"{}\"", name, broker));
  check_host(check, name, *address, health);
}

void check_endpoint(const std::string& name, const SortedJson& endpoint, bool online, Health& health) {
  const std::string type = text_of(endpoint, "type");
  if (type == "exec" && endpoint.contains("command") && !endpoint["command"].empty() &&
      endpoint["command"].front().is_string()) {
    const std::string program = endpoint["command"].front();
    if (!program_is_found(program)) {
      return health.broken(kReceiver, name + ": command " + program + " cannot be found or run");
    }
  } else if (type == "file" && !can_be_appended_to(text_of(endpoint, "path"))) {
    return health.broken(kReceiver, name + ": " + text_of(endpoint, "path") + " cannot be written");
  } else if (const std::string url = url_of(endpoint, type); online && !url.empty()) {
    const auto address = address_of(url);
    if (address) return check_host(kReceiver, name, *address, health);
  } else if (online && endpoint.contains("brokers") && endpoint["brokers"].is_array()) {
    for (const SortedJson& broker : endpoint["brokers"]) {
      check_broker(kReceiver, name, broker.get<std::string>(), health);
    }
    return;
  }
  health.ok(kReceiver, name + " (" + type + ")");
}

}  // namespace

void check_brokers(const std::vector<std::string>& brokers, Health& health) {
  for (const std::string& broker : brokers) check_broker("input", "kafka", broker, health);
}

void check_receivers(const Assembly& assembly, bool online, Health& health) {
  for (const AssembledObserver& observer : assembly.observers) {
    const SortedJson own = SortedJson::parse(observer.own, nullptr, false);
    if (!observer.library || !own.is_object()) continue;
    for (const char* list : {"targets", "receivers"}) {
      const auto endpoints = own.find(list);
      if (endpoints == own.end() || !endpoints->is_array()) continue;
      for (const SortedJson& endpoint : *endpoints) {
        if (!endpoint.is_object()) continue;
        const std::string given = text_of(endpoint, "name");
        const std::string name = given.empty() ? text_of(endpoint, "type") : given;
        check_endpoint(observer.config.name + "." + name, endpoint, online, health);
      }
    }
  }
}

}  // namespace mlmon
