#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/input/file_watch.h"
#include "core/input/input_paths.h"

namespace mlmon {

/// A file that is read again whenever it has changed.
struct FollowedFile {
  using Identity = std::pair<std::uint64_t, std::uint64_t>;   // device, inode
  using Look = std::pair<std::uint64_t, std::int64_t>;        // size, time of the last change in ns

  std::string path;                   // where it was found
  std::optional<std::size_t> source;  // number among those of the run, once it was read

  Identity identity{};
  std::optional<Look> read;         // as it looked before it was read last
  std::optional<Look> seen;         // as it looked last ...
  std::int64_t since_ns = 0;        // ... since then
  bool listed = false;              // it is one of those that are asked for
  int held = -1;                    // a descriptor, so that a file that was renamed or deleted can be read on

  /// By this it can be opened, wherever it is by now.
  std::string opened_by() const;
};

/// Finds out which of the files of a run have something new: they grew, were cut, replaced, renamed, or are
/// new. A file that is no longer where it was found is read until nothing comes for a while, since its
/// writer may still have it open. Belongs to the pipeline's thread.
class Follower {
 public:
  /// However little is told, all files are looked at so often.
  static constexpr std::int64_t kLookEveryNs = 500'000'000;

  /// `list`: the files that there are now.
  Follower(std::function<InputPaths()> list, const Clock& clock);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// A file to be opened and read as far as it goes; null: there is none now. It is the caller's until
  /// the next call.
  FollowedFile* next();

  /// The file could be opened and is `fd`, whose description stays open here as well. False: its name had
  /// gone to another file when it was opened; a next look finds both.
  [[nodiscard]] bool hold(FollowedFile& file, int fd);

  /// It could not be read: it is given again soon, changed or not.
  void again(FollowedFile& file) { file.read.reset(); }

  /// Readable when there may be something new; -1: wait for kLookEveryNs.
  int poll_fd() const { return watch_.fd(); }

  /// All that had something new at the last look have been given.
  bool all_given() const { return looks_ > 0 && due_.empty(); }

  /// The files that are given now were not all there, or not as they are, when it looked first.
  bool looked_again() const { return looks_ > 1; }

  /// Paths that cannot be read, each with the reason, as of the last look. One that was there before and is
  /// gone is none.
  const std::map<std::string, Error>& missing() const { return missing_; }

 private:
  void look();
  void look_at(const std::string& path);
  void check(FollowedFile& file);
  void list_files(std::int64_t now);
  void let_go(std::int64_t now);
  void watch_folder_of(const std::string& path);

  const std::function<InputPaths()> list_;
  const Clock& clock_;
  FileWatch watch_;
  std::uint64_t looks_ = 0;  // at all files
  std::int64_t looked_at_ns_ = 0;
  std::list<FollowedFile> files_;
  std::map<FollowedFile::Identity, FollowedFile*> by_identity_;
  std::unordered_map<std::string, FollowedFile*> by_path_;
  std::deque<FollowedFile*> due_;
  std::deque<FollowedFile*> holding_;  // the one that was read last at the end
  std::map<std::string, Error> missing_;
};

}  // namespace mlmon
