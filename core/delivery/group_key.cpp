#include "core/delivery/group_key.h"

#include <xxhash.h>

#include <algorithm>

#include "core/text/json_tape.h"

namespace mlmon {
namespace {

/// The text of the member that a dotted path leads to, as it stands in the JSON; empty: there is none. A
/// name that itself has a dot is found, too: labels may be called anything.
std::string_view member_at(const JsonTape& tape, std::string_view path) {
  const std::vector<JsonMember>& all = tape.members();
  std::size_t at = 0, end = all.size();
  while (at < end) {
    const JsonMember& member = all[at];
    if (member.key == path) return member.value;
    if (member.type == JsonType::kObject && path.size() > member.key.size() &&
        path.starts_with(member.key) && path[member.key.size()] == '.') {
      path.remove_prefix(member.key.size() + 1);
      end = member.next;
      ++at;
    } else {
      at = member.next;
    }
  }
  return {};
}

}  // namespace

GroupKey::GroupKey(std::string_view members) {
  all_ = members == "*";
  while (!all_ && !members.empty()) {
    const std::size_t end = std::min(members.find('\n'), members.size());
    paths_.emplace_back(members.substr(0, end));
    members.remove_prefix(std::min(end + 1, members.size()));
  }
}

std::int64_t GroupKey::of(std::string_view action) const {
  if (all_) return 1;
  if (paths_.empty()) return 0;
  JsonTape tape;
  if (!tape.read(action)) return 1;
  std::string values;
  for (const std::string& path : paths_) {
    values += member_at(tape, path);
    values += '\n';  // stands in no value
  }
  const auto hash = static_cast<std::int64_t>(XXH3_64bits(values.data(), values.size()));
  return hash == 0 ? 1 : hash;
}

}  // namespace mlmon
