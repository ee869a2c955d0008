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
  if (text.empty()) return std::string();
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
  std::replace_if(
      members.begin(), members.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return members;
}

}  // namespace mlmon
