#include "core/input/input_paths.h"

#include <dirent.h>
#include <fnmatch.h>
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

Error path_error(const std::string& path, int code) {
  return {(path.empty() ? "\"\"" : path) + ": " + std::generic_category().message(code)};
}

std::string joined_path(std::string folder, const std::string& name) {
  while (folder.ends_with('/')) folder.pop_back();
  return folder + "/" + name;
}

/// Names of the inputs in a folder, without looking at what they are.
Result<std::vector<std::string>> input_names(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), closedir);
  if (!open) return path_error(folder, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(open.get())) {
    if (is_input_name(entry->d_name)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return path_error(folder, errno);
  std::sort(names.begin(), names.end());
  return names;
}

class Expansion {
 public:
  void add(const std::string& path) {
    struct stat status {};
    if (path == "-") {
      paths_.files.push_back(path);
    } else if (path.starts_with("kafka://")) {
      paths_.errors.push_back({path + ": not a file; only `mlmon run` reads topics of Kafka"});
    } else if (stat(path.c_str(), &status) != 0) {
      paths_.errors.push_back(path_error(path, errno));
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
      paths_.errors.push_back(path_error(path, errno));
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
      const std::string path = joined_path(folder, name);
      struct stat status {};
      if (stat(path.c_str(), &status) != 0) {
        paths_.errors.push_back(path_error(path, errno));
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

/// The parts of a path between its slashes; one that begins with a slash has an empty first part.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    if (slash > at || at == 0) parts.emplace_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

bool part_matches(const std::string& pattern, const std::string& part) {
  return fnmatch(pattern.c_str(), part.c_str(), FNM_PERIOD) == 0;
}

using Part = std::vector<std::string>::const_iterator;

bool parts_match(Part pattern, Part pattern_end, Part part, Part end) {
  if (pattern == pattern_end) return part == end;
  if (*pattern != "**") {
    return part != end && part_matches(*pattern, *part) &&
           parts_match(pattern + 1, pattern_end, part + 1, end);
  }
  for (;; ++part) {
    if (parts_match(pattern + 1, pattern_end, part, end)) return true;
    if (part == end || part->starts_with('.')) return false;
  }
}

/// Names in a folder; none where it cannot be read.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.empty() ? "." : folder.c_str()),
                                                 closedir);
  while (const dirent* entry = open ? readdir(open.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

/// Adds to `found` what the rest of a pattern matches below a prefix (empty, or ending in a slash).
void walk(const std::string& prefix, Part pattern, Part end, std::vector<std::string>& found) {
  const bool last = pattern + 1 == end;
  if (pattern->find_first_of("*?[\\") == std::string::npos) {
    struct stat status {};
    if (!last) return walk(prefix + *pattern + "/", pattern + 1, end, found);
    if (lstat((prefix + *pattern).c_str(), &status) == 0) found.push_back(prefix + *pattern);
    return;
  }
  if (*pattern == "**" && !last) walk(prefix, pattern + 1, end, found);
  for (const std::string& name : names_in(prefix)) {
    const std::string path = prefix + name;
    struct stat status {};
    if (*pattern == "**") {
      const bool folder = lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
      if (name.starts_with('.')) continue;
      if (folder) walk(path + "/", pattern, end, found);
      if (last && !folder) found.push_back(path);
    } else if (part_matches(*pattern, name)) {
      if (last) {
        found.push_back(path);
      } else {
        walk(path + "/", pattern + 1, end, found);
      }
    }
  }
}

/// What a pattern matches; a path without any wildcard matches itself, be it there or not.
Result<std::vector<std::string>> matches_of(const std::string& pattern) {
  std::vector<std::string> paths;
  const std::vector<std::string> parts = parts_of(pattern);
  if (std::find(parts.begin(), parts.end(), "**") != parts.end()) {
    const bool absolute = parts.front().empty();
    walk(absolute ? "/" : "", parts.begin() + (absolute ? 1 : 0), parts.end(), paths);
    if (paths.empty()) return Error{pattern + ": no file matches"};
  } else {
    glob_t found{};
    const int status = glob(pattern.c_str(), GLOB_NOSORT | GLOB_NOMAGIC, nullptr, &found);
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    if (status == GLOB_NOMATCH) return Error{pattern + ": no file matches"};
    if (status != 0) return Error{pattern + ": cannot be searched for"};
  }
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

bool is_among_paths(const std::vector<std::string>& given, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const bool may_be_listed = slash != std::string::npos && is_input_name(path.substr(slash + 1));
  return std::any_of(given.begin(), given.end(), [&](std::string_view one) {
    if (one == path) return true;
    while (one.ends_with('/')) one.remove_suffix(1);
    return may_be_listed && one.size() == slash && path.starts_with(one);
  });
}

bool matches_globs(const std::vector<std::string>& patterns, const std::string& path) {
  const std::vector<std::string> parts = parts_of(path);
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    const std::vector<std::string> wanted = parts_of(pattern);
    return parts_match(wanted.begin(), wanted.end(), parts.begin(), parts.end());
  });
}

}  // namespace mlmon
