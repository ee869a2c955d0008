#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mlmon {

/// What a person chose about how a file is to be read.
struct ImportChoices {
  std::vector<std::string> p_value_methods;   // drift methods whose value is a p-value ...
  std::vector<std::string> distance_methods;  // ... or a distance
  std::vector<std::string> features;          // names of what arrays hold, in order
  std::string prefix;                         // of the names of figures
  bool all_periods = false;                   // not only what was analysed
  std::vector<std::pair<std::string, std::string>> map;  // FIELD to a column or a JSON pointer
  std::string each;                                      // JSON pointer to the array of records
  char delimiter = ',';
};

}  // namespace mlmon
