#include "cli/separate_files.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "cli/terminal.h"
#include "core/input/input_paths.h"

namespace mlmon {
namespace {

namespace fs = std::filesystem;

/// Where a name leads: an inode, or for a file that does not exist the folder that it would be in.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  std::string name;  // of a file that does not exist; in a folder that does not exist, its whole path

  bool operator==(const Identity&) const = default;
};

/// Follows links to files that do not exist; what opening it would make.
fs::path target_of(fs::path path) {
  constexpr int kMostLinks = 40;  // as the system has it
  std::error_code failed;
  for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(path, failed)); ++i) {
    const fs::path link = fs::read_symlink(path, failed);
    if (failed) break;
    path = link.is_absolute() ? link : path.parent_path() / link;
  }
  return path;
}

/// Nothing: it is not a regular file, or cannot be one.
std::optional<Identity> identity_of(const NamedFile& file) {
  struct stat info {};
  const bool there =
      file.path == "-" ? fstat(file.fd, &info) == 0 : stat(file.path.c_str(), &info) == 0;
  if (there) {
    if (!S_ISREG(info.st_mode)) return std::nullopt;
    return Identity{info.st_dev, info.st_ino, ""};
  }
  if (file.path == "-" || file.path.empty()) return std::nullopt;
  const fs::path path = target_of(file.path);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (stat(folder.c_str(), &info) == 0) {
    return Identity{info.st_dev, info.st_ino, path.filename().string()};
  }
  std::error_code failed;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path, failed), failed);
  return Identity{0, 0, failed ? path.string() : whole.string()};
}

std::string file_text(const NamedFile& file) {
  return file.path == "-" ? file.what : printable(file.path);
}

}  // namespace

Result<void> check_apart(const std::vector<NamedFile>& written,
                         const std::vector<NamedFile>& read) {
  std::vector<std::pair<Identity, const NamedFile*>> known;
  for (const NamedFile& file : read) {
    if (const auto identity = identity_of(file)) known.emplace_back(*identity, &file);
  }
  for (const NamedFile& file : written) {
    const auto identity = identity_of(file);
    if (!identity) continue;
    for (const auto& [other, named] : known) {
      if (*identity != other) continue;
      return Error{file_text(file) + ": is " + named->what + ", it cannot be " + file.what + " as well"};
    }
    known.emplace_back(*identity, &file);
  }
  return {};
}

std::vector<NamedFile> state_files(const std::string& folder) {
  std::vector<NamedFile> files;
  for (const char* name : {"state.db", "state.db-wal", "state.db-shm", "state.db-journal", "lock"}) {
    files.push_back({(fs::path(folder) / name).string(), "part of the state"});
  }
  return files;
}

Result<void> check_not_found_as_input(const NamedFile& written,
                                      const std::vector<std::string>& paths,
                                      const std::vector<std::string>& globs) {
  const auto identity = identity_of(written);
  if (!identity || written.path == "-") return {};
  const Error found{file_text(written) + ": is an input, it cannot be " + written.what + " as well"};
  const fs::path path = target_of(written.path);
  const std::string name = path.filename().string();
  struct stat folder {};
  const bool in_folder =
      stat(path.has_parent_path() ? path.parent_path().c_str() : ".", &folder) == 0;
  const auto leads_there = [&](const std::string& other) {
    struct stat info {};
    return in_folder && stat(other.c_str(), &info) == 0 && info.st_dev == folder.st_dev &&
           info.st_ino == folder.st_ino;
  };
  for (const std::string& given : paths) {
    if (is_input_name(name) && leads_there(given)) return found;
    if (identity_of({given, "", -1}) == identity) return found;
  }
  for (const std::string& glob : globs) {
    const fs::path pattern(glob);
    const std::string parent = pattern.has_parent_path() ? pattern.parent_path().string() : ".";
    if (leads_there(parent) && fnmatch(pattern.filename().c_str(), name.c_str(), FNM_PERIOD) == 0) {
      return found;
    }
    if (fnmatch(glob.c_str(), written.path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) return found;
  }
  return {};
}

}  // namespace mlmon
