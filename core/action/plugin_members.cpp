#include "core/action/plugin_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text/json_text.h"

namespace mlmon {
namespace {

constexpr std::size_t kMostShown = 200;  // bytes of what a plugin said, in an error

}  // namespace

Result<std::string> plugin_members(mlmon_str fields, std::span<const std::string_view> reserved) {
  if (fields.len == 0) return std::string();
  const std::string_view text = {fields.ptr, fields.len};
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) {
    std::string shown;
    append_printable(shown, text.substr(0, kMostShown));
    return Error{fmt::format("fields: expected one JSON object, got {}{}", shown,
                             text.size() > kMostShown ? " …" : "")};
  }
  for (const std::string_view name : reserved) {
    if (parsed.contains(name)) return Error{fmt::format("fields: \"{}\" is the host's", name)};
  }
  if (parsed.empty()) return std::string();
  // As the plugin wrote it; a line break can only be white space there.
  const std::size_t from = text.find('{') + 1;
  std::string members(text.substr(from, text.rfind('}') - from));
  std::replace_if(
      members.begin(), members.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return members;
}

}  // namespace mlmon
