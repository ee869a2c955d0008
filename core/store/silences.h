#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// For a while nobody is told of some alerts, which are recorded as ever.
struct Silence {
  std::int64_t number = 0;
  std::string model;  // a glob on the model's name
  std::string rule;   // a glob on the rule's name; empty: any rule
  std::string by, reason;
  std::int64_t from_ms = 0, until_ms = 0;  // wall clock, since 1970

  bool covers(std::string_view model_name, std::string_view rule_name) const;
};

/// "silence 3 by ann until 2026-02-01T10:00:00Z: maintenance".
std::string describe(const Silence& silence);

/// Adds a silence; gives its number. The texts are UTF-8.
Result<std::int64_t> add_silence(Database& database, const Silence& silence);

/// Those that are active, oldest first.
Result<std::vector<Silence>> active_silences(Database& database, std::int64_t now_ms);

/// Ends one; false: it is not there or over.
Result<bool> end_silence(Database& database, std::int64_t number, std::int64_t now_ms);

/// Forgets what was over before then.
Result<void> prune_silences(Database& database, std::int64_t before_ms);

}  // namespace mlmon
