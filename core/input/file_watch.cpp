#include "core/input/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace mlmon {
namespace {

constexpr std::uint32_t kComings =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

FileWatch::FileWatch() : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FileWatch::~FileWatch() {
  if (fd_ >= 0) close(fd_);
}

void FileWatch::add(const std::string& folder) {
  if (fd_ < 0) return;
  const int number = inotify_add_watch(fd_, folder.empty() ? "." : folder.c_str(),
                                       kComings | IN_MODIFY | IN_ONLYDIR);
  if (number >= 0) folders_[number] = folder;
}

FileWatch::Changes FileWatch::take() {
  Changes changes;
  alignas(inotify_event) char buffer[16 * 1024];
  ssize_t got = 0;
  while (fd_ >= 0 && (got = read(fd_, buffer, sizeof buffer)) > 0) {
    for (const char* at = buffer; at < buffer + got;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      at += sizeof event + event.len;
      const auto folder = folders_.find(event.wd);
      if ((event.mask & IN_IGNORED) != 0 && folder != folders_.end()) folders_.erase(folder);
      if (event.mask != IN_MODIFY || folder == folders_.end() || event.len == 0) {
        changes.others = true;
        continue;
      }
      std::string path = folder->second.empty() ? name : folder->second + "/" + name;
      const bool known = std::find(changes.written.begin(), changes.written.end(), path) !=
                         changes.written.end();
      if (!known) changes.written.push_back(std::move(path));
    }
  }
  return changes;
}

}  // namespace mlmon
