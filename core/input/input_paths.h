#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// What paths given by a person come to.
struct InputPaths {
  std::vector<std::string> files;  // to be read, in order; "-" as it is
  std::vector<std::string> empty_folders;  // as given: nothing in them is an input
  std::vector<Error> errors;  // paths that are not there or may not be read; the others go on
};

/// A folder stands for its inputs: regular files, or links to such, named *.ndjson or *.jsonl, or
/// these with .gz or .zst, as FOLDER/NAME in the byte order of names; hidden files and folders in
/// it are left out. Any other path stands for itself, whatever its name.
InputPaths expand_paths(const std::vector<std::string>& given);

/// The same for glob(7) patterns: each one's matches in byte order, a path that several match once. `**`
/// between slashes is any number of folders, none of them hidden or a link. A pattern without a match is an
/// error.
InputPaths expand_globs(const std::vector<std::string>& patterns);

/// expand_paths() would list this path, were it a file that is there.
bool is_among_paths(const std::vector<std::string>& given, const std::string& path);

/// The same of expand_globs().
bool matches_globs(const std::vector<std::string>& patterns, const std::string& path);

}  // namespace mlmon
