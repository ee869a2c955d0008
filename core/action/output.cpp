#include "core/action/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

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
      return Error{"cannot write to " + name_ + ": " + std::strerror(errno)};
    }
  }
  return {};
}

namespace {

Result<int> open_to_append(const std::string& path) {
  struct stat info {};
  // Opened for reading, too, a FIFO would have its reader in us.
  const bool fifo = stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
  const int how = fifo ? O_WRONLY : O_RDWR | O_CREAT | O_APPEND;
  int fd = -1;
  do {
    fd = ::open(path.c_str(), how | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) return fd;
  return Error{path + ": cannot be opened for writing: " + std::strerror(errno), errno};
}

}  // namespace

Result<std::unique_ptr<FileOutput>> FileOutput::open(const std::string& path) {
  const Result<int> fd = open_to_append(path);
  if (!fd) return fd.error();
  return std::unique_ptr<FileOutput>(new FileOutput(*fd, path));
}

FileOutput::~FileOutput() { ::close(fd_); }

Result<void> FileOutput::write(std::string_view lines) {
  const std::optional<OutputPlace> now = place();
  if (!now || ends_line(now->offset)) return append(lines);
  return append("\n" + std::string(lines));
}

Result<void> FileOutput::append(std::string_view text) {
  const Result<void> written = FdOutput(fd_, path_).write(text);
  if (const auto now = place()) end_ = now->offset;
  return written;
}

/// A line that mlmon did not write may want its newline before this place.
bool FileOutput::ends_line(std::uint64_t offset) const {
  char last = '\n';
  if (offset == 0 || ::pread(fd_, &last, 1, static_cast<off_t>(offset - 1)) != 1) return true;
  return last == '\n';
}

Result<bool> FileOutput::renew() {
  const std::optional<OutputPlace> now = place();
  if (!now) return false;  // a pipe or device
  struct stat info {};
  const bool there = stat(path_.c_str(), &info) == 0;
  if (there && info.st_dev == now->device && info.st_ino == now->inode) {
    return now->offset < std::exchange(end_, now->offset);
  }
  const Result<int> fd = open_to_append(path_);
  if (!fd) return fd.error();
  ::close(std::exchange(fd_, *fd));
  end_ = 0;
  return true;
}

Result<void> FileOutput::empty() {
  if (!place()) return {};  // a pipe or device
  if (::ftruncate(fd_, 0) != 0) return Error{path_ + ": cannot be emptied: " + std::strerror(errno), errno};
  end_ = 0;
  return {};
}

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
  if (!now) return append(lines);
  std::string there;
  if (known && known->offset <= now->offset) {
    Result<std::string> text = text_from(known->offset);
    if (!text) return text.error();
    there = std::move(*text);
  }
  if (there.empty()) return write(lines);
  if (!ends_line(known->offset) && there.front() == '\n') there.erase(0, 1);  // it was written before them
  const auto [mine, theirs] = std::mismatch(there.begin(), there.end(), lines.begin(), lines.end());
  if (mine == there.end()) {
    return append(lines.substr(static_cast<std::size_t>(theirs - lines.begin())));
  }
  // Somebody else wrote behind what stands there of ours: a line that was cut short is written whole.
  const auto same = static_cast<std::size_t>(mine - there.begin());
  const std::size_t whole = lines.substr(0, same).rfind('\n') + 1;
  return write(lines.substr(whole));
}

}  // namespace mlmon
