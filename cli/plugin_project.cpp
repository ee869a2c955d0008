#include "cli/plugin_project.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>  // renameat2 is no part of <cstdio>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/flags.h"

namespace mlmon {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLongestName = 64;

/// A file or folder of the SDK that a project takes along.
struct Part {
  const char* from;    // under the prefix
  const char* to;      // under the project
  const char* ending;  // only files whose names end so; "": all
};

struct Recipe {
  const char* templates;  // under the prefix
  std::vector<Part> parts;
};

Recipe recipe_of(PluginLanguage language) {
  const Part headers{"include/mlmon", "include/mlmon", ".h"};
  const Part wrapper{"include/mlmon", "include/mlmon", ".hpp"};
  const Part map{"lib/mlmon/plugin.map", "plugin.map", ""};
  switch (language) {
    case PluginLanguage::kC: return {"share/mlmon/templates/c", {headers, map}};
    case PluginLanguage::kCxx: return {"share/mlmon/templates/c++", {headers, wrapper, map}};
    case PluginLanguage::kPython: return {"share/mlmon/templates/python", {}};
    case PluginLanguage::kRust: break;
  }
  return {"share/mlmon/templates/rust",
          {{"share/mlmon/rust/Cargo.toml", "mlmon/Cargo.toml", ""},
           {"share/mlmon/rust/src", "mlmon/src", ".rs"}}};
}

using Values = std::map<std::string_view, std::string>;  // of placeholders

std::string filled_in(std::string text, const Values& values) {
  for (const auto& [placeholder, value] : values) {
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos;
         at += value.size()) {
      text.replace(at, placeholder.size(), value);
    }
  }
  return text;
}

/// What `make test` of the project runs where PATH has no mlmon: this very program, unless make or a
/// shell would read its path differently.
std::string program_for_make(const fs::path& prefix) {
  const std::string program = (prefix / "bin/mlmon").string();
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::strchr("/._+-", c) != nullptr;
  };
  return std::all_of(program.begin(), program.end(), plain) ? program : "mlmon";
}

/// Creates it as any other file of the user's, whatever the modes of the installed ones.
Result<void> copy_text(const fs::path& from, const fs::path& to, const Values& values) {
  errno = 0;
  std::ifstream in(from, std::ios::binary);
  if (!in) return Error{fmt::format("{}: {}", from.string(), std::strerror(errno))};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  fs::create_directories(to.parent_path());
  std::ofstream out(to, std::ios::binary);
  out << filled_in(text, values);
  out.close();
  if (!out) return Error{fmt::format("{}: {}", to.string(), std::strerror(errno))};
  return {};
}

/// The file, or all files of the folder, hidden ones included.
Result<void> copy_files(const fs::path& from, const fs::path& to, std::string_view ending,
                  const Values& values) {
  if (!fs::is_directory(from)) return copy_text(from, to, values);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file() || !entry.path().string().ends_with(ending)) continue;
    const std::string place = entry.path().lexically_relative(from).string();
    if (auto done = copy_text(entry.path(), to / filled_in(place, values), values); !done) {
      return done;
    }
  }
  return {};
}

Result<void> fill(const fs::path& folder, const Recipe& recipe, const fs::path& prefix,
                  const Values& values) {
  fs::create_directory(folder);
  if (auto done = copy_files(prefix / recipe.templates, folder, "", values); !done) return done;
  for (const Part& part : recipe.parts) {
    if (auto done = copy_files(prefix / part.from, folder / part.to, part.ending, {}); !done) return done;
  }
  return {};
}

/// Gives the folder its name, unless something has that already.
Result<void> publish(const fs::path& folder, const fs::path& name) {
  if (renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) == 0) return {};
  // Some file systems cannot promise that.
  if (errno == EINVAL && !fs::exists(fs::symlink_status(name)) &&
      std::rename(folder.c_str(), name.c_str()) == 0) {
    return {};
  }
  return Error{fmt::format("{}: {}", name.string(), std::strerror(errno))};
}

}  // namespace

Result<void> check_project_name(const std::string& name) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto fits = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (name.empty() || name.size() > kLongestName || !letter(name[0]) ||
      !std::all_of(name.begin(), name.end(), fits)) {
    return expected(fmt::format("a name of small letters, digits, `_` and `-` that begins with a "
                                "letter, of at most {} bytes", kLongestName),
                    name);
  }
  return {};
}

Result<void> write_plugin_project(PluginLanguage language, const std::string& name,
                                  const fs::path& prefix, const fs::path& parent) {
  const Values values = {{"@NAME@", name},
                         {"@PROGRAM@", program_for_make(prefix)},
                         {"@VERSION@", MLMON_VERSION}};
  const fs::path unfinished = parent / fmt::format(".{}.{}", name, getpid());
  Result<void> done;
  try {
    done = fill(unfinished, recipe_of(language), prefix, values);
    if (done) done = publish(unfinished, parent / name);
  } catch (const fs::filesystem_error& error) {
    done = Error{fmt::format("{}: {}", error.path1().string(), error.code().message())};
  }
  if (done) return done;
  std::error_code ignored;
  fs::remove_all(unfinished, ignored);
  const std::string hidden = unfinished.string();  // which nobody has to know of
  return Error{filled_in(done.error().text, {{hidden, (parent / name).string()}})};
}

}  // namespace mlmon
