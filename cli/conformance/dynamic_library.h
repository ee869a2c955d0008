#pragma once

#include <mlmon/plugin.h>

#include <string>

#include "core/result.h"

namespace mlmon {

/// A shared library as the dynamic loader gives it, without any of the checks that PluginLibrary
/// makes: for what these checks would hide. Never unloaded.
class DynamicLibrary {
 public:
  /// The error is the dynamic loader's.
  static Result<DynamicLibrary> open(const std::string& path);

  /// Looks in the library and in those that it needs itself; null: none of them has it.
  void* find(const std::string& symbol) const;

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}
  void* handle_;
};

/// What the entry of a plugin answers to a host of this version.
struct EntryAnswer {
  const mlmon_plugin* plugin = nullptr;
  std::string refusal;  // what it told the loader
};
EntryAnswer ask_entry(const DynamicLibrary& library, std::uint16_t major, std::uint16_t minor);

}  // namespace mlmon
