#include "core/event/event_types.h"

#include <algorithm>

#include "core/event/event.h"

namespace mlmon {

static_assert(kMetrics == 1 && kDrift == 2 && kJob == 3);
const std::vector<std::string> kOwnTypes = {"metrics", "drift", "job"};

std::uint32_t own_kind_of(std::string_view type) {
  const auto at = std::find(kOwnTypes.begin(), kOwnTypes.end(), type);
  return at == kOwnTypes.end() ? 0 : kMetrics + static_cast<std::uint32_t>(at - kOwnTypes.begin());
}

std::uint32_t EventTypes::kind_of(std::string_view type) const {
  if (const std::uint32_t own = own_kind_of(type); own != 0) return own;
  const std::lock_guard lock(mutex_);
  const auto at = std::find(foreign_.begin(), foreign_.end(), type);
  if (at == foreign_.end()) return 0;
  return kFirstForeignKind + static_cast<std::uint32_t>(at - foreign_.begin());
}

std::uint32_t EventTypes::intern(std::string_view type) {
  if (const std::uint32_t known = kind_of(type); known != 0) return known;
  const std::lock_guard lock(mutex_);
  foreign_.emplace_back(type);
  heard_.push_back(true);
  return kFirstForeignKind + static_cast<std::uint32_t>(foreign_.size() - 1);
}

const std::string* EventTypes::name_of(std::uint32_t kind) const {
  if (kind >= kMetrics && kind < kMetrics + kOwnTypes.size()) return &kOwnTypes[kind - kMetrics];
  const std::lock_guard lock(mutex_);
  if (kind < kFirstForeignKind || kind - kFirstForeignKind >= foreign_.size()) return nullptr;
  return &foreign_[kind - kFirstForeignKind];
}

void EventTypes::listen_to(const std::vector<std::uint32_t>& kinds) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < heard_.size(); ++i) {
    const std::uint32_t kind = kFirstForeignKind + static_cast<std::uint32_t>(i);
    heard_[i] = std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }
}

std::vector<std::string> EventTypes::foreign() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < heard_.size(); ++i) names.push_back(heard_[i] ? foreign_[i] : "");
  return names;
}

std::vector<std::string> split_types(const char* types) {
  std::vector<std::string> result;
  const std::string_view text = types != nullptr ? types : "";
  for (std::size_t at = text.find_first_not_of(' '); at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    result.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(' ', end);
  }
  return result;
}

bool is_type_name(std::string_view type) {
  constexpr std::size_t kLongest = 128;
  return !type.empty() && type.size() <= kLongest &&
         std::all_of(type.begin(), type.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("_.:/-").find(c) != std::string_view::npos;
         });
}

}  // namespace mlmon
