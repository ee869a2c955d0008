#pragma once

#include <cstddef>
#include <cstdint>
#include <mlmon/json.hpp>
#include <optional>

#include "plugins/rules/problems.h"

namespace mlmon::alert {

/// When changes are told. All spans are event time; 0: none.
struct Telling {
  bool resolve = true;
  std::int64_t repeat_ns = 0;
  std::size_t flap_changes = 0;  // more than so many within flap_ns are flapping; 0: nothing is
  std::int64_t flap_ns = 0;
  std::optional<std::int64_t> superseded_ns;  // so long after a newer deployment, older ones are over

  static constexpr std::size_t kMostChanges = 32;

  bool needs_now() const { return repeat_ns > 0 || flap_changes > 0 || superseded_ns; }
};

Telling read_telling(const Json& config, rules::Problems& problems);

}  // namespace mlmon::alert
