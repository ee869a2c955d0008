#include "cli/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/standard_streams.h"
#include "core/action/output.h"

namespace mlmon {
namespace {

constexpr std::size_t kHeldBytes = 4 * 1024 * 1024;

std::string temporary_folder() {
  const char* const named = std::getenv("TMPDIR");
  return named && *named ? named : "/tmp";
}

Error spool_error(const std::string& what) { return {what + ": " + std::strerror(errno), errno}; }

}  // namespace

Spool::~Spool() {
  if (fd_ >= 0) ::close(fd_);
}

void Spool::add(std::string_view text) {
  if (error_) return;
  held_ += text;
  if (held_.size() >= kHeldBytes) store();
}

void Spool::store() {
  if (fd_ < 0) {
    std::string path = temporary_folder() + "/mlmon-XXXXXX";
    fd_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (fd_ < 0) {
      error_ = spool_error("cannot make a temporary file in " + temporary_folder());
      return;
    }
    ::unlink(path.c_str());
  }
  if (const auto written = FdOutput(fd_, "temporary file").write(held_); !written) {
    error_ = written.error().in("cannot keep what was read in " + temporary_folder());
    return;
  }
  stored_ += held_.size();
  held_.clear();
}

void Spool::cut(std::uint64_t size) {
  if (size >= stored_) {
    held_.resize(size - stored_);
    return;
  }
  held_.clear();
  stored_ = size;
  const auto offset = static_cast<off_t>(size);
  if (::ftruncate(fd_, offset) != 0 || ::lseek(fd_, offset, SEEK_SET) < 0) error_ = spool_error("temporary file");
}

Result<void> Spool::print() {
  if (error_) return *error_;
  std::string piece(256 * 1024, '\0');
  for (std::uint64_t at = 0; at < stored_;) {
    const ssize_t got = ::pread(fd_, piece.data(), piece.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return spool_error("temporary file");
    at += static_cast<std::uint64_t>(got);
    if (!write_stdout(std::string_view(piece).substr(0, static_cast<std::size_t>(got)))) {
      return Error{"stdout: cannot write"};
    }
  }
  if (!write_stdout(held_)) return Error{"stdout: cannot write"};
  return {};
}

}  // namespace mlmon
