#include "core/event/line_hints.h"

#include "core/event/rfc3339.h"

namespace mlmon {
namespace {

constexpr std::string_view kUtf16 = " (this looks like UTF-16: iconv -f UTF-16 -t UTF-8 converts it)";
constexpr std::string_view kMark =
    " (a byte order mark is skipped only at the start of the input)";
constexpr std::string_view kOneLine =
    " (one event is one line: jq -c . rewrites a document over several lines, mlmon import reads the"
    " reports of other tools)";

bool is_any_of(char c, std::string_view characters) {
  return characters.find(c) != std::string_view::npos;
}

/// Every other byte is NUL: ASCII in two bytes each.
bool looks_like_utf16(std::string_view line) {
  if (line.starts_with("\xff\xfe") || line.starts_with("\xfe\xff")) return true;
  return line.size() >= 4 && line[0] != '\0' && line[1] == '\0' && line[2] != '\0' &&
         line[3] == '\0';
}

/// A line as it stands in a document with one member a line.
bool is_part_of_document(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return false;
  const char first = line[begin];
  const char last = line[line.find_last_not_of(kBlank)];
  if (first == '}' || first == ']') return true;
  if (first == '"' && line.find("\":") != std::string_view::npos) return true;
  return is_any_of(first, "{[\"") && is_any_of(last, "{[,");
}

}  // namespace

std::string_view hint_for_bytes(std::string_view line) {
  return looks_like_utf16(line) ? kUtf16 : std::string_view();
}

std::string_view hint_for_json(std::string_view line) {
  if (looks_like_utf16(line)) return kUtf16;
  if (line.starts_with("\xef\xbb\xbf")) return kMark;
  return is_part_of_document(line) ? kOneLine : std::string_view();
}

std::string_view hint_for_value(JsonType type) {
  return type == JsonType::kArray ? " (jq -c '.[]' writes what it holds as one line each)" : "";
}

std::string_view hint_for_time(std::string_view text) {
  Instant at;
  const bool lenient = read_rfc3339(text, at, TimeRule::kLenient) != Rfc3339::kNotATime;
  return lenient ? " ([input] times = \"lenient\" takes it)" : "";
}

}  // namespace mlmon
