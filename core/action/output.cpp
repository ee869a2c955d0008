#include "core/action/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mlmon {

Result<void> FdOutput::write(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(fd_, lines.data(), lines.size());
    if (written >= 0) {
      lines.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody else made this pipe non-blocking.
      pollfd wait{fd_, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return Error{"cannot write actions to " + name_ + ": " + std::strerror(errno)};
    }
  }
  return {};
}

Result<std::unique_ptr<FileOutput>> FileOutput::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return Error{path + ": cannot be opened for writing: " + std::strerror(errno), errno};
  return std::unique_ptr<FileOutput>(new FileOutput(fd, path));
}

FileOutput::~FileOutput() { ::close(fd_); }

Result<void> FileOutput::write(std::string_view lines) { return FdOutput(fd_, path_).write(lines); }

std::optional<OutputPlace> FileOutput::place() const {
  struct stat info {};
  if (fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return OutputPlace{info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size)};
}

Result<std::string> FileOutput::text_from(std::uint64_t offset) const {
  std::string text;
  char part[65536];
  for (;;) {
    const ssize_t got =
        ::pread(fd_, part, sizeof part, static_cast<off_t>(offset + text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{path_ + ": cannot be read: " + std::strerror(errno)};
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
  }
}

Result<void> FileOutput::complete(std::string_view lines,
                                  const std::optional<OutputPlace>& known) {
  const std::optional<OutputPlace> now = place();
  if (!now) return write(lines);
  std::string there;
  if (known && known->offset <= now->offset) {
    Result<std::string> text = text_from(known->offset);
    if (!text) return text.error();
    there = std::move(*text);
  }
  const auto [mine, theirs] = std::mismatch(there.begin(), there.end(), lines.begin(), lines.end());
  if (mine == there.end()) {
    return write(lines.substr(static_cast<std::size_t>(theirs - lines.begin())));
  }
  // Somebody else wrote behind what stands there of ours: a line that was cut short is written whole.
  const auto same = static_cast<std::size_t>(mine - there.begin());
  const std::size_t whole = lines.substr(0, same).rfind('\n') + 1;
  const std::string newline = there.back() == '\n' ? "" : "\n";
  return write(newline + std::string(lines.substr(whole)));
}

}  // namespace mlmon
