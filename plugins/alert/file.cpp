#include "plugins/alert/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "plugins/transport/sigpipe_block.h"

namespace mlmon::alert {
namespace {

/// What makes the file end with the whole line. Who was killed while he wrote may have left the beginning
/// of this one, which is completed, or of another, behind which a line begins anew.
std::string missing_part(const std::string& path, const struct stat& file, const std::string& line) {
  const int reader = S_ISREG(file.st_mode) ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (reader < 0) return line;
  std::string end(std::min(static_cast<std::size_t>(file.st_size), line.size()), '\0');
  const auto from = file.st_size - static_cast<off_t>(end.size());
  const ssize_t got = ::pread(reader, end.data(), end.size(), from);
  ::close(reader);
  end.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  end.erase(0, end.rfind('\n') + 1);
  return line.starts_with(end) ? line.substr(end.size()) : "\n" + line;
}

/// 0, or the errno. Where only a part fits, that part is taken back if nobody wrote behind it.
int append(int file, const std::string& path, const std::string& whole_line) {
  struct stat before {}, after {};
  if (fstat(file, &before) != 0) return errno;
  const std::string line = missing_part(path, before, whole_line);
  ssize_t written = 0;
  do {
    written = ::write(file, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return errno;
  if (static_cast<std::size_t>(written) == line.size()) return 0;
  if (S_ISREG(before.st_mode) && fstat(file, &after) == 0 &&
      after.st_size == before.st_size + written && ftruncate(file, before.st_size) != 0) {
    return errno;
  }
  return ENOSPC;
}

}  // namespace

File::File(std::string path) : path_(std::move(path)) {}

Outcome File::send(const Item& item, const transport::Cancelled&) {
  const transport::SigpipeBlock no_sigpipe;  // the path may be that of a pipe
  // Without O_NONBLOCK a pipe that nobody reads would hold us for ever.
  constexpr int how = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int file = ::open(path_.c_str(), how, 0644);
  int error = file < 0 ? errno : append(file, path_, std::string(item.json()) + "\n");
  if (file >= 0 && ::close(file) != 0 && error == 0 && errno != EINTR) error = errno;
  if (error == 0) return Outcome::delivered();
  return Outcome::retry(path_ + ": " + std::generic_category().message(error));
}

}  // namespace mlmon::alert
