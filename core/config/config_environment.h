#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"

namespace mlmon {

/// A file's content, and who may change it: user id and permission bits of the file that was read.
struct FileText {
  std::string text;
  std::uint32_t owner = 0;
  std::uint32_t mode = 0;
};

/// What a configuration takes from outside.
class ConfigEnvironment {
 public:
  virtual ~ConfigEnvironment() = default;

  virtual std::optional<std::string> variable(const std::string& name) const = 0;

  virtual bool exists(const std::string& path) const = 0;

  /// The whole file. The error gives the reason only ("No such file or directory"), not the path; a
  /// file of more than `limit` bytes is one.
  virtual Result<FileText> read(const std::string& path, std::size_t limit) const = 0;

  /// The effective user id.
  virtual std::uint32_t user() const = 0;
};

/// The process's environment and the machine's files.
class SystemEnvironment final : public ConfigEnvironment {
 public:
  std::optional<std::string> variable(const std::string& name) const override;
  bool exists(const std::string& path) const override;
  Result<FileText> read(const std::string& path, std::size_t limit) const override;
  std::uint32_t user() const override;
};

/// The configuration file that is used when none is named: ./mlmon.toml, then mlmon/mlmon.toml in
/// $XDG_CONFIG_HOME (where that is an absolute path, else in ~/.config), then
/// /etc/mlmon/mlmon.toml.
std::optional<std::string> find_config(const ConfigEnvironment& environment);

/// A configuration that was found, not named, counts only when root or the user owns it and nobody
/// else may write to it. The error says who does.
Result<void> check_owner(const FileText& file, const ConfigEnvironment& environment);

}  // namespace mlmon
