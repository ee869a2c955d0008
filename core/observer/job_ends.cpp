#include "core/observer/job_ends.h"

#include <algorithm>
#include <utility>

namespace mlmon {

void JobEnds::reopen(const std::string& job) {
  before_.ended.erase(job);
  now_.ended.erase(job);
}

bool JobEnds::request(const std::string& id, std::uint64_t seq,
                      const std::function<bool(const std::string&)>& was_requested) {
  for (const Span* span : {&before_, &now_}) {
    const auto asked = span->requested.find(id);
    if (asked != span->requested.end()) return ended_between(id, asked->second, seq);
  }
  const bool ended = ended_between(id, 0, seq) && was_requested(id);
  now_.requested.emplace(id, ended ? 0 : seq);
  return ended;
}

void JobEnds::pass_barrier() { before_ = std::exchange(now_, {}); }

bool JobEnds::ended_between(const std::string& id, std::uint64_t first, std::uint64_t last) const {
  const auto has = [&](const Span& span) {
    const auto [from, to] = span.ended.equal_range(id);
    return std::any_of(from, to, [&](const auto& end) { return first <= end.second && end.second <= last; });
  };
  return has(before_) || has(now_);
}

}  // namespace mlmon
