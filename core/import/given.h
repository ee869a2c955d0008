#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/event/instant.h"

namespace mlmon {

/// What a person says of all files; it wins over what they say.
struct ImportGiven {
  std::string name, version;  // of the model; empty: not given
  std::optional<Instant> deployed_at, at;
  std::optional<std::int64_t> samples;
  std::vector<std::pair<std::string, std::string>> labels;
};

}  // namespace mlmon
