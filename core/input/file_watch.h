#pragma once

#include <map>
#include <string>
#include <vector>

namespace mlmon {

/// Tells that something changed in some folders, by inotify(7). Only a hint: on some file systems, and when
/// too much happens at once, nothing is told, so look from time to time all the same. Not thread-safe.
class FileWatch {
 public:
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Readable when something was told; -1: nothing ever is.
  int fd() const { return fd_; }

  /// Tells of a folder ("" is the working folder) from now on. Again: does nothing, unless it was deleted.
  void add(const std::string& folder);

  struct Changes {
    std::vector<std::string> written;  // paths, FOLDER/NAME: files that were written to or cut
    bool others = false;               // files came, went or were renamed; or not all was told
  };

  /// What was told since the last call.
  Changes take();

 private:
  int fd_;
  std::map<int, std::string> folders_;  // by inotify's number
};

}  // namespace mlmon
