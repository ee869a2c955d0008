#include "core/plugin/plugin_path.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "core/text/suggest.h"

namespace mlmon {
namespace fs = std::filesystem;

namespace {

/// Where the last byte ends that the file's segments are loaded from; 0 for what is no 64-bit ELF file,
/// which the dynamic loader refuses in its own words.
std::uint64_t loaded_size(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr elf;
  if (!file.read(reinterpret_cast<char*>(&elf), sizeof elf) ||
      std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_ident[EI_CLASS] != ELFCLASS64) {
    return 0;
  }
  std::uint64_t size = 0;
  file.seekg(static_cast<std::streamoff>(elf.e_phoff));
  for (unsigned i = 0; i < elf.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment)) break;
    if (segment.p_type == PT_LOAD) size = std::max(size, segment.p_offset + segment.p_filesz);
  }
  return size;
}

}  // namespace

PluginFolders plugin_folders(const std::vector<std::string>& given, const char* path_variable,
                             const std::string& installed) {
  PluginFolders folders = given;
  std::string_view rest = path_variable != nullptr ? path_variable : "";
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (colon > 0) folders.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  folders.push_back(installed);
  return folders;
}

Result<std::string> find_plugin(const std::string& name, const PluginFolders& folders) {
  if (name.find('/') != std::string::npos || name.ends_with(".so") || name.ends_with(".py")) {
    std::error_code failed;
    if (fs::exists(name, failed)) return name;
    return Error{fmt::format("plugin {}: no such file", name)};
  }
  for (const std::string& folder : folders) {
    const fs::path file = fs::path(folder) / (name + ".so");
    std::error_code failed;
    if (fs::exists(file, failed)) return file.string();
  }
  std::vector<std::string> others;
  for (const std::string& file : list_plugin_files(folders)) others.push_back(fs::path(file).stem());
  return Error{fmt::format("plugin {}: no {}.so in {}{}", name, name, fmt::join(folders, ", "),
                           did_you_mean(name, others))};
}

Result<void> check_plugin_file(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return Error{fmt::format("{}: {}", path, std::strerror(errno))};
  }
  if (!S_ISREG(info.st_mode)) return Error{fmt::format("{}: is not a regular file", path)};
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return Error{fmt::format("{}: belongs to user {}, expected root or the user who runs mlmon ({})",
                             path, info.st_uid, geteuid())};
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{fmt::format("{}: others may write to it (mode {:04o}), expected only its owner",
                             path, info.st_mode & 07777u)};
  }
  const std::uint64_t needed = loaded_size(path);
  if (static_cast<std::uint64_t>(info.st_size) < needed) {
    return Error{fmt::format("{}: is cut off: it has {} bytes, expected at least {}", path,
                             info.st_size, needed)};
  }
  return {};
}

std::vector<std::string> list_plugin_files(const PluginFolders& folders) {
  std::vector<std::string> files;
  for (const std::string& folder : folders) {
    std::vector<std::string> here;
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
      if (it->path().extension() == ".so") here.push_back(it->path().string());
    }
    std::sort(here.begin(), here.end());
    files.insert(files.end(), here.begin(), here.end());
  }
  return files;
}

}  // namespace mlmon
