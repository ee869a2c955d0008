#include "core/config/schema_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

#include "core/text/quantity.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

/// std::regex recurses for each character: longer text could exhaust the stack.
constexpr std::size_t kLongestForPattern = 512;

bool has_type(const std::string& type, const SortedJson& value) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return is_integer(value);
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  return type == "array" ? value.is_array() : value.is_object();
}

/// -1, 0 or 1. Exact also for integers that a double cannot hold.
int compare(const SortedJson& a, const SortedJson& b) {
  if (a.is_number_integer() && b.is_number_integer()) return a < b ? -1 : a == b ? 0 : 1;
  const auto wide = [](const SortedJson& number) {
    if (number.is_number_unsigned()) return static_cast<long double>(number.get<std::uint64_t>());
    if (number.is_number_integer()) return static_cast<long double>(number.get<std::int64_t>());
    return static_cast<long double>(number.get<double>());
  };
  const long double x = wide(a), y = wide(b);
  return x < y ? -1 : x == y ? 0 : 1;
}

bool fits_number(const SortedJson& schema, const SortedJson& value) {
  const auto holds = [&](const char* key, bool (*is_right)(int)) {
    const auto limit = schema.find(key);
    return limit == schema.end() || is_right(compare(value, *limit));
  };
  return holds("minimum", [](int order) { return order >= 0; }) &&
         holds("maximum", [](int order) { return order <= 0; }) &&
         holds("exclusiveMinimum", [](int order) { return order > 0; }) &&
         holds("exclusiveMaximum", [](int order) { return order < 0; });
}

bool fits_count(const SortedJson& schema, const char* low, const char* high, std::size_t count) {
  return count >= schema.value(low, std::uint64_t{0}) &&
         count <= schema.value(high, std::numeric_limits<std::uint64_t>::max());
}

bool matches_pattern(const std::string& pattern, const std::string& text) {
  if (text.size() > kLongestForPattern) return false;
  try {
    return std::regex_search(text, std::regex(pattern, std::regex::ECMAScript));
  } catch (const std::regex_error&) {
    return false;  // too complex for this text
  }
}

bool fits_string(const SortedJson& schema, const std::string& text) {
  const auto points = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  if (!fits_count(schema, "minLength", "maxLength", static_cast<std::size_t>(points))) return false;
  const std::string format = schema.value("format", "");
  if (format == "duration" && !parse_duration_ns(text)) return false;
  if (format == "size" && !parse_size(text)) return false;
  const auto pattern = schema.find("pattern");
  return pattern == schema.end() || matches_pattern(*pattern, text);
}

}  // namespace

bool is_integer(const SortedJson& value) {
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
  }
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double real = value.get<double>();
  return std::trunc(real) == real && real >= -0x1p63 && real < 0x1p63;
}

bool fits_type(const SortedJson& schema, const SortedJson& value) {
  const auto type = schema.find("type");
  if (type == schema.end()) return true;
  if (type->is_string()) return has_type(*type, value);
  return std::any_of(type->begin(), type->end(),
                     [&](const SortedJson& one) { return has_type(one, value); });
}

bool fits(const SortedJson& schema, const SortedJson& value) {
  if (!fits_type(schema, value)) return false;
  if (const auto only = schema.find("const"); only != schema.end() && value != *only) return false;
  if (const auto some = schema.find("enum"); some != schema.end()) {
    if (std::find(some->begin(), some->end(), value) == some->end()) return false;
  }
  if (value.is_number()) return fits_number(schema, value);
  if (value.is_string()) return fits_string(schema, value.get_ref<const std::string&>());
  if (value.is_array()) return fits_count(schema, "minItems", "maxItems", value.size());
  return true;
}

}  // namespace mlmon
