#include "core/event/value_reader.h"

#include <algorithm>
#include <string>

#include "core/event/line_hints.h"
#include "core/text/json_number.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

constexpr std::string_view kTimeExpected =
    "an RFC 3339 time with a zone and at most nine digits of a fraction (2026-01-31T08:00:00Z)";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }

std::string at_column(std::size_t column, std::string_view what) {
  return "column " + std::to_string(column) + ": " + std::string(what);
}

std::size_t utf8_until(std::string_view text) {
  std::size_t at = 0;
  while (const std::size_t length = utf8_length(text.substr(at))) at += length;
  return at;
}

}  // namespace

bool is_plain_text(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && std::none_of(text.begin(), text.end(), is_control);
}

bool ValueReader::begin(std::string_view line, bool utf8_checked) {
  complaint_.begin();
  text_.begin(line.size());
  if (!utf8_checked && !is_utf8(line)) {
    complaint_.line(BadReason::kInvalidUtf8,
                    at_column(utf8_until(line) + 1, "expected UTF-8, got other bytes")
                        .append(hint_for_bytes(line)));
  } else if (!tape_.read(line)) {
    complaint_.line(BadReason::kInvalidJson,
                    at_column(tape_.error().column, tape_.error().what).append(hint_for_json(line)));
  } else if (tape_.type() != JsonType::kObject) {
    complaint_.line(BadReason::kNotAnObject,
                    ("expected an object, got " + describe(tape_.type(), tape_.value()))
                        .append(hint_for_value(tape_.type())));
  }
  return !complaint_.any();
}

bool ValueReader::expect_object(const JsonMember& member, std::string_view name) {
  if (member.type == JsonType::kObject) return true;
  complaint_.unexpected(BadReason::kWrongType, name, "an object", member);
  return false;
}

bool ValueReader::read_number(const JsonMember& member, std::string_view name,
                              const NumberRule& rule, double& value) {
  if (member.type != JsonType::kNumber) {
    complaint_.unexpected(BadReason::kWrongType, name, rule.expected, member);
    return false;
  }
  double number = 0;
  if (!to_double(member.value, number) || number < rule.least - rule.slack ||
      number > rule.most + rule.slack) {
    complaint_.unexpected(BadReason::kOutOfRange, name, rule.expected, member);
    return false;
  }
  value = std::clamp(number, rule.least, rule.most);
  return true;
}

bool ValueReader::read_string(const JsonMember& member, std::string_view name,
                              std::string_view& value, std::string_view expected) {
  if (member.type != JsonType::kString) {
    complaint_.unexpected(BadReason::kWrongType, name, expected, member);
    return false;
  }
  value = string_of(member, text_);
  return true;
}

bool ValueReader::read_time(const JsonMember& member, std::string_view name, Instant& value) {
  std::string_view text;
  if (!read_string(member, name, text, kTimeExpected)) return false;
  switch (read_rfc3339(text, value, times_)) {
    case Rfc3339::kInstant: return true;
    case Rfc3339::kNotATime:
      complaint_.unexpected(BadReason::kInvalidTime, name, kTimeExpected, member, hint_for_time(text));
      return false;
    case Rfc3339::kOutsideOfYears:
      complaint_.unexpected(BadReason::kOutOfRange, name, "a time in the years 0001 to 9999 (UTC)",
                            member);
      return false;
  }
  return false;
}

bool ValueReader::require(const ObjectFields& fields, Field field) {
  if (fields.has(field)) return true;
  complaint_.missing(name_of(field), fields.is_null(field) ? "missing, null is absent" : "missing");
  return false;
}

bool ValueReader::read_required(const ObjectFields& fields, Field field, std::string_view& value) {
  return require(fields, field) && read_string(fields[field], name_of(field), value);
}

bool ValueReader::read_optional(const ObjectFields& fields, Field field, std::string_view& value) {
  return !fields.has(field) || read_string(fields[field], name_of(field), value);
}

void ValueReader::report_twice(const ObjectFields& fields, FieldSet known) {
  const FieldSet twice = fields.twice() & known;
  if (twice.empty()) return;
  for (std::size_t i = 0; i < kFields; ++i) {
    const auto field = static_cast<Field>(i);
    if (twice.has(field)) complaint_.duplicate(name_of(field));
  }
}

}  // namespace mlmon
