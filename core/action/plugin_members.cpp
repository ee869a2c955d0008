#include "core/action/plugin_members.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/json_text.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

constexpr std::size_t kMostShown = 200;  // bytes of what a plugin said, in an error

}  // namespace

Result<std::string> PluginMembers::read(mlmon_str fields,
                                        std::span<const std::string_view> reserved) {
  const std::string_view text = {fields.ptr, fields.len};
  empty_ = text.empty();
  if (empty_) return std::string();
  if (!is_utf8(text) || !tape_.read(text) || tape_.type() != JsonType::kObject) {
    std::string shown;
    append_printable(shown, text.substr(0, kMostShown));
    return Error{fmt::format("fields: expected one JSON object, got {}{}", shown,
                             text.size() > kMostShown ? " …" : "")};
  }
  unescaped_.begin(text.size());
  const std::vector<JsonMember>& found = tape_.members();
  if (found.empty()) return std::string();
  for (std::size_t i = 0; i < found.size(); i = found[i].next) {
    const std::string_view name =
        found[i].key_escaped ? unescaped_.add(found[i].key) : found[i].key;
    if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
      return Error{fmt::format("fields: \"{}\" is the host's", name)};
    }
  }
  // As the plugin wrote it; a line break can only be white space there.
  const std::string_view object = tape_.value();
  std::string members(object.substr(1, object.size() - 2));
  for (const char line_break : {'\n', '\r'}) {
    for (auto at = members.find(line_break); at != members.npos; at = members.find(line_break, at)) members[at] = ' ';
  }
  return members;
}

const JsonMember* PluginMembers::find(std::string_view name) const {
  const std::vector<JsonMember>& all = tape_.members();
  for (std::size_t i = 0; !empty_ && i < all.size(); i = all[i].next) {
    if (all[i].key == name) return &all[i];
  }
  return nullptr;
}

std::string PluginMembers::text(std::string_view name) {
  const JsonMember* const member = find(name);
  if (member == nullptr || member->type != JsonType::kString) return {};
  const std::string_view text = member->value.substr(1, member->value.size() - 2);
  return std::string(member->escaped ? unescaped_.add(text) : text);
}

bool PluginMembers::flag(std::string_view name) const {
  const JsonMember* const member = find(name);
  return member != nullptr && member->type == JsonType::kTrue;
}

}  // namespace mlmon
