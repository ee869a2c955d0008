#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/action/output.h"

namespace mlmon {

void open_standard_streams() {
  for (const int fd : {0, 1, 2}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // Opened the wrong way round, so that using it fails as a closed one would.
    ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  }
}

Result<int> claim_stdout() {
  const int fd = fcntl(1, F_DUPFD_CLOEXEC, 3);
  if (fd < 0 || dup2(2, 1) < 0) return Error{std::string("stdout: ") + std::strerror(errno)};
  return fd;
}

std::optional<int> claim_stdout(LogSink& log) {
  const Result<int> fd = claim_stdout();
  if (fd) return *fd;
  log.log(LogLevel::kError, "", fd.error().text);
  return std::nullopt;
}

bool write_stdout(std::string_view lines, int fd) {
  return FdOutput(fd, "stdout").write(lines).ok();
}

}  // namespace mlmon
