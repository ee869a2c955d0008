#include "core/input/input_paths.h"

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace mlmon {
namespace {

Error error_of(const std::string& path, int code) {
  return {(path.empty() ? "\"\"" : path) + ": " + std::generic_category().message(code)};
}

std::string joined(std::string folder, const std::string& name) {
  while (folder.ends_with('/')) folder.pop_back();
  return folder + "/" + name;
}

/// Names of the inputs in a folder, without looking at what they are.
Result<std::vector<std::string>> input_names(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), closedir);
  if (!open) return error_of(folder, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(open.get())) {
    if (is_input_name(entry->d_name)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return error_of(folder, errno);
  std::sort(names.begin(), names.end());
  return names;
}

class Expansion {
 public:
  void add(const std::string& path) {
    struct stat status {};
    if (path == "-") {
      paths_.files.push_back(path);
    } else if (stat(path.c_str(), &status) != 0) {
      paths_.errors.push_back(error_of(path, errno));
    } else if (S_ISDIR(status.st_mode)) {
      add_folder(path);
    } else {
      add_file(path);
    }
  }

  InputPaths take() { return std::move(paths_); }

 private:
  void add_file(const std::string& path) {
    if (euidaccess(path.c_str(), R_OK) != 0) {
      paths_.errors.push_back(error_of(path, errno));
    } else {
      paths_.files.push_back(path);
    }
  }

  void add_folder(const std::string& folder) {
    const Result<std::vector<std::string>> names = input_names(folder);
    if (!names) {
      paths_.errors.push_back(names.error());
      return;
    }
    bool empty = true;
    for (const std::string& name : *names) {
      const std::string path = joined(folder, name);
      struct stat status {};
      if (stat(path.c_str(), &status) != 0) {
        paths_.errors.push_back(error_of(path, errno));
      } else if (S_ISREG(status.st_mode)) {
        add_file(path);
      } else {
        continue;
      }
      empty = false;
    }
    if (empty) paths_.empty_folders.push_back(folder);
  }

  InputPaths paths_;
};

/// What a pattern matches; a path without any wildcard matches itself, be it there or not.
Result<std::vector<std::string>> matches_of(const std::string& pattern) {
  glob_t found{};
  const int status = glob(pattern.c_str(), GLOB_NOSORT | GLOB_NOMAGIC, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  if (status == GLOB_NOMATCH) return Error{pattern + ": no file matches"};
  if (status != 0) return Error{pattern + ": cannot be searched for"};
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

bool is_input_name(std::string_view name) {
  if (name.starts_with('.')) return false;
  if (name.ends_with(".gz")) {
    name.remove_suffix(3);
  } else if (name.ends_with(".zst")) {
    name.remove_suffix(4);
  }
  return name.ends_with(".ndjson") || name.ends_with(".jsonl");
}

InputPaths expand_paths(const std::vector<std::string>& given) {
  Expansion expansion;
  for (const std::string& path : given) expansion.add(path);
  return expansion.take();
}

InputPaths expand_globs(const std::vector<std::string>& patterns) {
  Expansion expansion;
  std::unordered_set<std::string> seen;
  std::vector<Error> unmatched;
  for (const std::string& pattern : patterns) {
    const Result<std::vector<std::string>> matches = matches_of(pattern);
    if (!matches) {
      unmatched.push_back(matches.error());
      continue;
    }
    for (const std::string& path : *matches) {
      if (seen.insert(path).second) expansion.add(path);
    }
  }
  InputPaths paths = expansion.take();
  paths.errors.insert(paths.errors.end(), unmatched.begin(), unmatched.end());
  return paths;
}

}  // namespace mlmon
