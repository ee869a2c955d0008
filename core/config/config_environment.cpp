#include "core/config/config_environment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "core/text/quantity.h"

namespace mlmon {
namespace {

Error last_error() { return {std::generic_category().message(errno)}; }

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_all(int fd, std::size_t limit) {
  std::string text;
  std::vector<char> block(64 * 1024);
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) return Error{"expected at most " + format_size(limit) + ", got more"};
  }
}

std::string octal(std::uint32_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

}  // namespace

std::optional<std::string> SystemEnvironment::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (!value) return std::nullopt;
  return value;
}

bool SystemEnvironment::exists(const std::string& path) const {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

Result<FileText> SystemEnvironment::read(const std::string& path, std::size_t limit) const {
  const Descriptor file(path);
  if (file.get() < 0) return last_error();
  // Of the open file, so that nobody can put another in its place between the check and the
  // reading.
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return last_error();
  auto text = read_all(file.get(), limit);
  if (!text) return text.error();
  return FileText{std::move(*text), status.st_uid, status.st_mode & 07777};
}

std::uint32_t SystemEnvironment::user() const { return ::geteuid(); }

std::optional<std::string> find_config(const ConfigEnvironment& environment) {
  std::vector<std::string> paths = {"mlmon.toml"};
  const auto config_home = environment.variable("XDG_CONFIG_HOME");
  const auto home = environment.variable("HOME");
  if (config_home && config_home->starts_with('/')) {
    paths.push_back(*config_home + "/mlmon/mlmon.toml");
  } else if (home && !home->empty()) {
    paths.push_back(*home + "/.config/mlmon/mlmon.toml");
  }
  paths.push_back("/etc/mlmon/mlmon.toml");
  const auto found = std::find_if(paths.begin(), paths.end(), [&](const std::string& path) {
    return environment.exists(path);
  });
  if (found == paths.end()) return std::nullopt;
  return *found;
}

Result<void> check_owner(const FileText& file, const ConfigEnvironment& environment) {
  constexpr std::uint32_t kOthersMayWrite = 0022;
  const bool trusted = file.owner == 0 || file.owner == environment.user();
  if (trusted && !(file.mode & kOthersMayWrite)) return {};
  return Error{"expected a file that root or user " + std::to_string(environment.user()) +
               " owns and no others may write to, got owner " + std::to_string(file.owner) +
               ", mode " + octal(file.mode) + " (to use it all the same, name it with -c)"};
}

}  // namespace mlmon
