#include "core/observer/suppression_counts.h"

#include <algorithm>

namespace mlmon {
namespace {

void add_to(SuppressionCounts::ByReason& counts, std::string_view why, std::uint64_t more) {
  const auto of = [](std::string_view reason) {
    return [reason](const auto& count) { return count.first == reason; };
  };
  auto found = std::find_if(counts.begin(), counts.end(), of(why));
  if (found == counts.end() && counts.size() >= SuppressionCounts::kMostReasons) {
    why = "other";
    found = std::find_if(counts.begin(), counts.end(), of(why));
  }
  if (found == counts.end()) {
    counts.emplace_back(why, more);
  } else {
    found->second += more;
  }
}

}  // namespace

void SuppressionCounts::add(std::string_view why) { add_to(said_, why, 1); }

void SuppressionCounts::keep() {
  for (const auto& [why, count] : said_) add_to(kept_, why, count);
  said_.clear();
}

std::uint64_t SuppressionCounts::total() const {
  std::uint64_t total = 0;
  for (const auto& [why, count] : kept_) total += count;
  return total;
}

}  // namespace mlmon
