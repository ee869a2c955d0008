#include "plugins/rules/correction.h"

#include <algorithm>
#include <mlmon/json.hpp>

namespace mlmon::rules {
namespace {

std::vector<double> p_values_of(std::string_view features) {
  std::vector<double> p_values;
  const Json tests = Json::parse(features);
  for (const std::string& name : tests.names()) {
    if (!tests.has(name) || !tests.at(name).has("p_value")) continue;
    p_values.push_back(std::clamp(tests.at(name).number("p_value"), 0.0, 1.0));
  }
  return p_values;
}

}  // namespace

Correction correction_named(std::string_view name) {
  if (name == "bonferroni") return Correction::bonferroni;
  return name == "bh" ? Correction::bh : Correction::none;
}

double smallest_adjusted(std::vector<double> p_values, Correction correction) {
  const auto count = static_cast<double>(p_values.size());
  std::sort(p_values.begin(), p_values.end());
  double smallest = p_values.front() * count;
  if (correction == Correction::bh) {
    // The adjusted p of rank i is the least of p(j) * count / j over j >= i; so the first is the
    // least of all.
    for (std::size_t i = 1; i < p_values.size(); ++i) {
      smallest = std::min(smallest, p_values[i] * count / static_cast<double>(i + 1));
    }
  }
  return std::min(smallest, 1.0);
}

AdjustedPValues::AdjustedPValues(Correction correction, const Setup& setup)
    : correction_(correction), features_(setup.json_field("/features", "drift")) {}

const double* AdjustedPValues::column(const mlmon_batch& batch) {
  column_.assign(batch.p_value, batch.p_value + batch.rows);
  for (const Event& event : Batch(batch)) {
    if (event.kind() != MLMON_KIND_DRIFT) continue;
    const auto features = features_(event);
    if (!features || *features == "null") continue;
    std::vector<double> p_values = p_values_of(*features);
    if (p_values.empty()) continue;
    column_[event.row()] = smallest_adjusted(std::move(p_values), correction_);
  }
  return column_.data();
}

}  // namespace mlmon::rules
