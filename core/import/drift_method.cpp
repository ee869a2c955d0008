#include "core/import/drift_method.h"

#include <algorithm>
#include <utility>

namespace mlmon {
namespace {

constexpr Field kP = Field::kPValue;
constexpr Field kDistance = Field::kMagnitude;

constexpr std::pair<std::string_view, Field> kMethods[] = {
    {"ks", kP}, {"k-s", kP}, {"k-s p_value", kP}, {"kolmogorov-smirnov", kP},
    {"chisquare", kP}, {"chi-square", kP}, {"chi-square p_value", kP},
    {"z", kP}, {"z-test", kP}, {"z-test p_value", kP},
    {"anderson", kP}, {"anderson-darling", kP},
    {"fisher_exact", kP}, {"fisher's exact test", kP},
    {"cramer_von_mises", kP}, {"cramer-von mises", kP}, {"cramer-von-mises", kP},
    {"g-test", kP}, {"g_test", kP},
    {"mannw", kP}, {"mann-whitney u-rank test", kP}, {"mann-whitney", kP},
    {"es", kP}, {"epps-singleton", kP},
    {"t_test", kP}, {"t-test", kP},
    {"empirical_mmd", kP}, {"emperical_mmd", kP}, {"mmd", kP},
    {"tvd", kP}, {"total-variation-distance", kP},
    {"wasserstein", kDistance}, {"wasserstein distance (normed)", kDistance},
    {"wasserstein distance", kDistance},
    {"kl_div", kDistance}, {"kullback-leibler divergence", kDistance},
    {"psi", kDistance}, {"population stability index", kDistance},
    {"jensenshannon", kDistance}, {"jensen-shannon distance", kDistance},
    {"hellinger", kDistance}, {"hellinger distance", kDistance},
    {"ed", kDistance}, {"energy-distance", kDistance}, {"energy distance", kDistance},
};

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

bool has(const std::vector<std::string>& methods, const std::string& method) {
  return std::any_of(methods.begin(), methods.end(),
                     [&](const std::string& known) { return in_lower_case(known) == method; });
}

}  // namespace

std::optional<Field> drift_method_of(std::string_view method, const ImportChoices& choices) {
  const std::string lower = in_lower_case(method);
  if (has(choices.p_value_methods, lower)) return kP;
  if (has(choices.distance_methods, lower)) return kDistance;
  for (const auto& [name, field] : kMethods) {
    if (lower == name) return field;
  }
  return std::nullopt;
}

}  // namespace mlmon
