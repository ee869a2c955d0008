// Any bytes as a configuration. The first one chooses: found by itself (bit 0), the first line is a --set (bit 1).
#include <vector>

#include "tests/core/config_trial.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlmon::FuzzInput input(data, size);
  const unsigned options = input.options();
  std::vector<std::string> sets;
  if ((options & 2) != 0) sets.push_back(input.before("\n"));
  const std::string text = input.rest();
  // The user's own words may be told.
  if (mlmon::tells_secret(text) || (!sets.empty() && mlmon::tells_secret(sets[0]))) return 0;
  mlmon::require_nothing("configuration", mlmon::ConfigTrial(text, (options & 1) != 0, sets).broken_promise());
  return 0;
}
