#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// A file that a command reads or writes.
struct NamedFile {
  std::string path;  // "-": descriptor `fd`
  std::string what;  // as messages call it: "the output (-o)"
  int fd = -1;
};

/// Refuses a file that is to be written and is also another one of `written`, or one of `read`, by
/// whatever name: links and relative paths are followed, and a file need not exist yet. Only regular
/// files count: two may write to one terminal or to /dev/null.
Result<void> check_apart(const std::vector<NamedFile>& written, const std::vector<NamedFile>& read);

/// The files of a state folder, which nothing else may write to.
std::vector<NamedFile> state_files(const std::string& folder);

/// Refuses a file that is to be written where `paths` (of `mlmon run`) or `globs` (of [input] files) would
/// find it as an input, even if it does not exist yet.
Result<void> check_not_found_as_input(const NamedFile& written, const std::vector<std::string>& paths,
                                      const std::vector<std::string>& globs);

}  // namespace mlmon
