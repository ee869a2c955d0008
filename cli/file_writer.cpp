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

bool is_of_descriptors(const std::filesystem::path& folder) {
  std::error_code failed;
  return folder == std::filesystem::canonical("/proc/self/fd", failed) && !failed;
}

/// Where symbolic links lead, whether or not a file is there. /dev/stdout leads to a descriptor in /proc.
std::string link_target(std::string path) {
  constexpr int kMostLinks = 40;
  for (int links = 0; links < kMostLinks && !path.starts_with("/proc/"); ++links) {
    std::error_code is_no_link;
    // The links in there lead to what has no name: /dev/fd/63 to pipe:[4711].
    const auto folder = std::filesystem::canonical(std::filesystem::path(path).parent_path(), is_no_link);
    if (!is_no_link && is_of_descriptors(folder)) {
      return "/proc/self/fd/" + std::filesystem::path(path).filename().string();
    }
    const auto next = std::filesystem::read_symlink(path, is_no_link);
    if (is_no_link) break;
    path = (std::filesystem::path(path).parent_path() / next).string();
  }
  return path;
}

/// True for pipes, devices and open descriptors, which have no name to take over.
bool is_nameless(const std::string& target) {
  struct stat info {};
  return target.starts_with("/proc/") || (stat(target.c_str(), &info) == 0 && !S_ISREG(info.st_mode));
}

}  // namespace

Result<AtomicFile> AtomicFile::prepare(const std::string& path, std::string_view text) {
  AtomicFile file(path, link_target(path));
  if (is_nameless(file.target_)) {
    const int fd = ::open(file.target_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) return failure(path, "be written");
    const Result<void> written = FdOutput(fd, path).write(text);
    ::close(fd);
    if (!written) return written.error();
    return file;
  }
  std::string beside = file.target_ + ".XXXXXX";
  const int fd = mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) return failure(path, "be written");
  file.beside_ = std::move(beside);
  const mode_t mask = umask(0);
  umask(mask);
  bool done = fchmod(fd, 0666 & ~mask) == 0;
  done = done && FdOutput(fd, path).write(text).ok() && fsync(fd) == 0;
  const int write_error = errno;
  const bool closed = ::close(fd) == 0;
  if (done && closed) return file;
  if (!done) errno = write_error;
  return failure(path, "be written");
}

AtomicFile::~AtomicFile() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)), target_(std::move(other.target_)), beside_(std::exchange(other.beside_, {})) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(target_, other.target_);
  std::swap(beside_, other.beside_);
  return *this;
}

Result<void> AtomicFile::publish() {
  if (beside_.empty()) return {};
  if (std::rename(beside_.c_str(), target_.c_str()) != 0) return failure(path_, "be written");
  beside_.clear();
  return {};
}

Result<void> write_atomically(const std::string& path, std::string_view text) {
  Result<AtomicFile> file = AtomicFile::prepare(path, text);
  return file ? file->publish() : file.error();
}

bool leads_to_stdout(const std::string& path) { return path == "-" || link_target(path) == "/proc/self/fd/1"; }

}  // namespace mlmon
