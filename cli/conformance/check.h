#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/plugin/plugin_library.h"

namespace mlmon {

/// What a check came to.
struct Verdict {
  enum class Result { kOk, kWarning, kFailed, kSkipped, kNotTried };

  Result result = Result::kOk;
  std::string detail{};  // what was found, for people; of kOk mostly empty

  static Verdict ok(std::string detail = "") { return {Result::kOk, std::move(detail)}; }
  static Verdict warning(std::string detail) { return {Result::kWarning, std::move(detail)}; }
  static Verdict failed(std::string detail) { return {Result::kFailed, std::move(detail)}; }
  static Verdict not_tried(std::string detail) { return {Result::kNotTried, std::move(detail)}; }
  static Verdict skipped(std::string detail) { return {Result::kSkipped, std::move(detail)}; }

  /// Failed with the detail, unless that is empty.
  static Verdict unless(std::string detail) {
    return detail.empty() ? ok() : failed(std::move(detail));
  }
};

/// What is checked: a file, or one class in it.
struct Subject {
  std::string path;                   // absolute
  const PluginClass* item = nullptr;  // null where only the file is checked
  std::string own = "{}";             // keys that the user gave, JSON
  std::string config = "{}";          // the same with defaults filled in
  std::vector<std::string> types{};   // of events beside the host's own that it subscribed to
  std::vector<std::string> lines{};   // events that the user gave; empty: they are made up
  bool configured = false;            // the user gave some keys
  bool may_deliver = true;
  std::string folder;         // empty and the check's own; "": the user's, who configured something
  std::int64_t limit_ns = 0;  // of the check
};

/// One thing that a plugin must get right. `run` is called in a process of its own, in which
/// nothing has been loaded yet but, for a class, the plugin itself.
struct Check {
  enum class About { kFile, kClass, kObserver, kDelivery };

  const char* name;    // "memory.bounds"
  const char* proves;  // one line, for people
  About about;
  Verdict (*run)(const Subject&);
  std::vector<std::string> needs{};  // checks without which this one says nothing
};

/// The checks, a group each, in the order in which they are made.
std::vector<Check> file_checks();
std::vector<Check> load_checks();
std::vector<Check> descriptor_checks();
std::vector<Check> schema_checks();
std::vector<Check> create_checks();
std::vector<Check> batch_checks();
std::vector<Check> memory_checks();
std::vector<Check> configuration_checks();
std::vector<Check> service_checks();
std::vector<Check> replay_checks();
std::vector<Check> lifecycle_checks();
std::vector<Check> host_checks();
std::vector<Check> delivery_checks();
std::vector<Check> speed_checks();

/// All of them.
std::vector<Check> all_checks();

}  // namespace mlmon
