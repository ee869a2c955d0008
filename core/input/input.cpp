#include "core/input/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/input/compressed_input.h"

namespace mlmon {
namespace {

Error input_error(const std::string& path, int code) {
  return {path + ": " + std::generic_category().message(code)};
}

constexpr int kPipeBytes = 1024 * 1024;

/// The bytes of a descriptor as they are.
class PlainInput final : public Input {
 public:
  PlainInput(int fd, const struct stat& status, std::string path)
      : fd_(fd), path_(std::move(path)), regular_(S_ISREG(status.st_mode)) {
    // A writer that finds room need not wait for us, nor we for it, at each 64 KiB.
    if (S_ISFIFO(status.st_mode)) fcntl(fd_, F_SETPIPE_SZ, kPipeBytes);
    if (!regular_) return;
    // Standard input may be a file that somebody has read a part of.
    begin_ = static_cast<std::uint64_t>(std::max<off_t>(lseek(fd_, 0, SEEK_CUR), 0));
    consumed_ = begin_;
    total_ = static_cast<std::uint64_t>(status.st_size);
    posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  ~PlainInput() override {
    if (fd_ != STDIN_FILENO) close(fd_);
  }

  PlainInput(const PlainInput&) = delete;
  PlainInput& operator=(const PlainInput&) = delete;

  Result<std::size_t> read(char* to, std::size_t room) override {
    if (!returned_.empty()) return take_returned(to, room);
    if (ended_) return std::size_t{0};
    ssize_t got = -1;
    do {
      got = ::read(fd_, to, room);
    } while (got < 0 && errno == EINTR);
    if (got >= 0) {
      ended_ = got == 0 && !regular_ && isatty(fd_) != 0;
      consumed_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
    if (!regular_ && (errno == EAGAIN || errno == EWOULDBLOCK)) return kNothingYet;
    return input_error(path_, errno);
  }

  /// Takes bytes back that the next reads are to give again. REQUIRES: none are held.
  void give_back(std::string bytes) {
    consumed_ -= bytes.size();
    returned_ = std::move(bytes);
  }

  int poll_fd() const override { return regular_ ? -1 : fd_; }
  bool ready() const override { return regular_ || !returned_.empty(); }
  std::uint64_t consumed() const override { return consumed_; }
  std::uint64_t total() const override { return total_; }
  bool compressed() const override { return false; }
  bool regular() const override { return regular_; }
  int file_fd() const override { return regular_ ? fd_ : -1; }

  Result<std::uint64_t> seek(std::uint64_t offset) override {
    if (!regular_) return Input::seek(offset);
    struct stat status {};
    if (fstat(fd_, &status) != 0) return input_error(path_, errno);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const std::uint64_t longest = size - std::min(begin_, size);
    const std::uint64_t reached = std::min(offset, longest);
    consumed_ = begin_ + reached;
    if (lseek(fd_, static_cast<off_t>(consumed_), SEEK_SET) < 0) return input_error(path_, errno);
    return reached;
  }

 private:
  std::size_t take_returned(char* to, std::size_t room) {
    const std::size_t size = returned_.copy(to, room);
    returned_.erase(0, size);
    consumed_ += size;
    return size;
  }

  int fd_;
  std::string path_;
  bool regular_;
  std::uint64_t begin_ = 0;  // where the file stood when it was given to us
  std::uint64_t consumed_ = 0;
  std::uint64_t total_ = 0;
  std::string returned_;
  bool ended_ = false;  // a terminal says so once; reading on would wait for another Ctrl-D
};

/// `source` as its first bytes, `head`, say.
Result<std::unique_ptr<Input>> by_head(std::unique_ptr<PlainInput> source, std::string_view head,
                                       const std::string& path) {
  const Compression promised = compression_by_name(path);
  const Compression found = compression_of(head).value_or(promised);
  if (promised != Compression::none && found != promised) return not_in_format(path, promised);
  if (found == Compression::none) return std::unique_ptr<Input>(std::move(source));
  return decompress(std::move(source), found, path);
}

/// A pipe or terminal, whose first bytes come only when they come.
class UnknownInput final : public Input {
 public:
  UnknownInput(std::unique_ptr<PlainInput> source, std::string path)
      : fd_(source->poll_fd()), source_(std::move(source)), path_(std::move(path)) {}

  Result<std::size_t> read(char* to, std::size_t room) override {
    if (error_) return *error_;
    if (known_) return known_->read(to, room);
    const Result<std::size_t> got = source_->read(to, room);
    if (!got || *got == kNothingYet) return got;
    head_.append(to, *got);
    if (*got > 0 && !compression_of(head_)) return kNothingYet;
    if (Result<void> recognised = recognise(); !recognised) return recognised.error();
    return known_->read(to, room);
  }

  int poll_fd() const override { return fd_; }
  bool ready() const override { return error_ || (known_ && known_->ready()); }
  std::uint64_t consumed() const override { return known_ ? known_->consumed() : 0; }
  std::uint64_t total() const override { return 0; }
  bool compressed() const override { return known_ && known_->compressed(); }
  bool regular() const override { return false; }

 private:
  Result<void> recognise() {
    const std::string head = std::move(head_);
    source_->give_back(head);
    Result<std::unique_ptr<Input>> known = by_head(std::move(source_), head, path_);
    if (!known) return error_.emplace(known.error());
    known_ = std::move(*known);
    return {};
  }

  int fd_;
  std::unique_ptr<PlainInput> source_;  // until it is known
  std::unique_ptr<Input> known_;
  std::string path_;
  std::string head_;
  std::optional<Error> error_;
};

/// A FIFO is opened without waiting for its writer, so that a signal finds nobody stuck here.
Result<int> open_file(const std::string& from, const std::string& path) {
  int fd = -1;
  do {
    fd = open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) return fd;
  const int code = errno;
  struct stat status {};
  if (code == ENXIO && stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    return Error{path + ": is a socket"};
  }
  return input_error(path, code);
}

}  // namespace

Result<std::uint64_t> Input::seek(std::uint64_t) {
  return Error{"a pipe or terminal cannot be read from an offset"};
}

Result<std::unique_ptr<Input>> open_input(const std::string& path) { return open_input(path, path); }

Result<std::unique_ptr<Input>> open_input(const std::string& from, const std::string& path) {
  const Result<int> fd = path == "-" ? Result<int>(STDIN_FILENO) : open_file(from, path);
  if (!fd) return fd.error();
  struct stat status {};
  if (fstat(*fd, &status) != 0) return input_error(path, errno);
  auto plain = std::make_unique<PlainInput>(*fd, status, path);
  if (S_ISDIR(status.st_mode)) return input_error(path, EISDIR);
  if (!plain->regular()) {
    return std::unique_ptr<Input>(std::make_unique<UnknownInput>(std::move(plain), path));
  }
  char head[4];
  ssize_t got = -1;
  do {
    got = pread(*fd, head, sizeof head, static_cast<off_t>(plain->consumed()));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return input_error(path, errno);
  return by_head(std::move(plain), {head, static_cast<std::size_t>(got)}, path);
}

}  // namespace mlmon
