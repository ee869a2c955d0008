#include "core/config/config_problems.h"

#include <algorithm>

#include "core/config/config_override.h"

namespace mlmon {

ConfigProblems::ConfigProblems(const ConfigSources& sources) : file_(sources.file.value_or("")) {
  for (const std::string& set : sources.sets) labels_.push_back(override_label(set));
}

void ConfigProblems::add(const Place& place, std::string key, std::string text) {
  found_.push_back({place, {name(place), std::move(key), std::move(text)}});
}

void ConfigProblems::add_as_is(std::string text) {
  found_.push_back({{}, {"", "", std::move(text)}});
}

std::string ConfigProblems::name(const Place& place) const {
  if (place.source > 0) return labels_[place.source - 1];
  if (file_.empty()) return "built-in defaults";
  return place.line == 0 ? file_ : file_ + ":" + std::to_string(place.line);
}

std::vector<ConfigError> ConfigProblems::take() {
  std::stable_sort(found_.begin(), found_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ConfigError> errors;
  for (auto& [place, error] : found_) errors.push_back(std::move(error));
  found_.clear();
  return errors;
}

}  // namespace mlmon
