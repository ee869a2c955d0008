#include "cli/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

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

bool same_file(const std::string& path, const std::string& other) {
  struct stat a {}, b {};
  const auto look = [](const std::string& at, struct stat& info) {
    return (at == "-" ? fstat(0, &info) : stat(at.c_str(), &info)) == 0 && S_ISREG(info.st_mode);
  };
  return look(path, a) && look(other, b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool same_name(const std::string& path, const std::string& other) {
  std::error_code failed, failed_too;
  const auto a = std::filesystem::weakly_canonical(path, failed);
  const auto b = std::filesystem::weakly_canonical(other, failed_too);
  return !failed && !failed_too && a == b;
}

Result<void> check_not_an_input(const std::string& path, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    if (same_file(path, input)) return Error{path + ": is an input, it cannot be written to as well"};
  }
  return {};
}

}  // namespace mlmon
