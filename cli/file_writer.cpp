#include "cli/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/action/output.h"

namespace mlmon {
namespace {

Error failure(const std::string& path, const char* what) {
  return {path + ": cannot " + what + ": " + std::strerror(errno), errno};
}

}  // namespace

Result<void> write_atomically(const std::string& path, std::string_view text) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    // A pipe or device has no name to take over.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return failure(path, "be written");
    const Result<void> written = FdOutput(fd, path).write(text);
    ::close(fd);
    return written;
  }
  std::string beside = path + ".XXXXXX";
  const int fd = mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) return failure(path, "be written");
  const mode_t mask = umask(0);
  umask(mask);
  bool done = fchmod(fd, 0666 & ~mask) == 0;
  done = done && FdOutput(fd, path).write(text).ok() && fsync(fd) == 0;
  const int write_error = errno;
  done = ::close(fd) == 0 && done;
  if (done && std::rename(beside.c_str(), path.c_str()) == 0) return {};
  if (!done) errno = write_error;
  const Error failed = failure(path, "be written");
  ::unlink(beside.c_str());
  return failed;
}

Result<int> replace_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return failure(path, "be opened for writing");
  return fd;
}

}  // namespace mlmon
