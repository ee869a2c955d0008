#include "core/run/follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/time_units.h"

namespace mlmon {
namespace {

// A writer may go on for a while with a file that was renamed under it.
constexpr std::int64_t kLetGoAfterNs = 5 * kNsPerSecond;
// gzip and zstd write a file bit by bit; what they compress may have been read already, which can be told
// only from the whole.
constexpr std::int64_t kCompressedAfterNs = kNsPerSecond;
constexpr std::size_t kMostHeld = 64;

bool is_compressed_name(const std::string& path) {
  return path.ends_with(".gz") || path.ends_with(".zst");
}

FollowedFile::Look look_of(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_size),
          static_cast<std::int64_t>(status.st_mtim.tv_sec) * kNsPerSecond + status.st_mtim.tv_nsec};
}

}  // namespace

std::string FollowedFile::opened_by() const {
  return held < 0 ? path : "/proc/self/fd/" + std::to_string(held);
}

Follower::Follower(std::function<InputPaths()> list, const Clock& clock)
    : list_(std::move(list)), clock_(clock) {}

Follower::~Follower() {
  for (const FollowedFile& file : files_) {
    if (file.held >= 0) close(file.held);
  }
}

FollowedFile* Follower::next() {
  if (due_.empty()) look();
  if (due_.empty()) return nullptr;
  FollowedFile* file = due_.front();
  due_.pop_front();
  return file;
}

bool Follower::hold(FollowedFile& file, int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return false;
  if (FollowedFile::Identity(status.st_dev, status.st_ino) != file.identity) {
    file.read.reset();
    return false;
  }
  if (file.held < 0) file.held = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (file.held < 0) return true;
  std::erase(holding_, &file);
  holding_.push_back(&file);
  if (holding_.size() <= kMostHeld) return true;
  // Of those that are still where they were found; the others cannot be opened again.
  const auto oldest = std::find_if(holding_.begin(), holding_.end(),
                                   [](const FollowedFile* one) { return one->listed; });
  if (oldest == holding_.end()) return true;
  close((*oldest)->held);
  (*oldest)->held = -1;
  holding_.erase(oldest);
  return true;
}

void Follower::look() {
  const std::int64_t now = clock_.monotonic_ns();
  const FileWatch::Changes changes = watch_.take();
  if (looks_ > 0 && !changes.others && now - looked_at_ns_ < kLookEveryNs) {
    for (const std::string& path : changes.written) look_at(path);
    return;
  }
  looked_at_ns_ = now;
  list_files(now);
  for (FollowedFile& file : files_) check(file);
  let_go(now);
  ++looks_;
}

void Follower::look_at(const std::string& path) {
  const auto file = by_path_.find(path);
  if (file != by_path_.end() && file->second != nullptr) check(*file->second);
}

void Follower::list_files(std::int64_t now) {
  const InputPaths listed = list_();
  for (FollowedFile& file : files_) file.listed = false;
  std::unordered_map<std::string, FollowedFile*> by_path;
  for (const std::string& path : listed.files) {
    watch_folder_of(path);
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) continue;
    FollowedFile*& file = by_identity_[{status.st_dev, status.st_ino}];
    if (file == nullptr) {
      file = &files_.emplace_back();
      file->identity = {status.st_dev, status.st_ino};
    }
    if (!file->listed) file->path = path;
    file->listed = true;
    file->since_ns = file->seen ? file->since_ns : now;
    by_path[path] = file;
  }
  for (const std::string& folder : listed.empty_folders) watch_.add(folder);
  missing_.clear();
  for (const Error& error : listed.errors) {
    const std::string path = error.text.substr(0, error.text.rfind(": "));
    watch_folder_of(path);
    if (!by_path_.contains(path)) missing_.emplace(path, error);
  }
  // A path that a file once had stays known, so that it is not missed while it is being replaced.
  for (const auto& [path, file] : by_path) by_path_[path] = file;
}

void Follower::watch_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  watch_.add(slash == std::string::npos ? "" : path.substr(0, slash));
}

/// Puts the file among those that are to be read if it looks otherwise than before it was read last.
void Follower::check(FollowedFile& file) {
  struct stat status {};
  const int found = file.held >= 0 ? fstat(file.held, &status) : stat(file.path.c_str(), &status);
  if (found != 0 || FollowedFile::Identity(status.st_dev, status.st_ino) != file.identity) return;
  const FollowedFile::Look now = look_of(status);
  if (file.seen != now) {
    file.seen = now;
    file.since_ns = clock_.monotonic_ns();
  }
  if (file.read == now) return;
  const bool settled = looks_ == 0 || !is_compressed_name(file.path) ||
                       clock_.monotonic_ns() - file.since_ns >= kCompressedAfterNs;
  if (!settled || std::find(due_.begin(), due_.end(), &file) != due_.end()) return;
  file.read = now;
  due_.push_back(&file);
}

/// Forgets files that are no longer among those that are asked for, once nothing comes from them.
void Follower::let_go(std::int64_t now) {
  for (auto file = files_.begin(); file != files_.end();) {
    const bool stays = file->listed || (file->held >= 0 && now - file->since_ns < kLetGoAfterNs) ||
                       std::find(due_.begin(), due_.end(), &*file) != due_.end();
    if (stays) {
      ++file;
      continue;
    }
    if (file->held >= 0) close(file->held);
    std::erase(holding_, &*file);
    by_identity_.erase(file->identity);
    for (auto& [path, known] : by_path_) known = known == &*file ? nullptr : known;
    file = files_.erase(file);
  }
}

}  // namespace mlmon
