#include "core/import/document.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/import/document_reader.h"
#include "core/text/json_number.h"
#include "core/text/json_tape.h"
#include "core/text/json_text.h"
#include "core/text/utf8.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

bool is_number_byte(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// The end of the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

/// The number at the front of the text, as far as it may be one.
std::string_view number_at(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_number_byte);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// A number of JSON's that no double can be.
bool is_too_large(std::string_view number) {
  const std::string padded = std::string(number) + std::string(8, ' ');  // as skip_json_number() wants it
  double value = 0;
  return skip_json_number(padded.data()) == padded.data() + number.size() &&
         !to_double(std::string_view(padded).substr(0, number.size()), value);
}

/// What stands at the front of the text and takes no part in it as a whole: a string, a number, one byte.
/// `is_null`: it is a number that JSON or the doubles have not.
std::string_view next_piece(std::string_view text, bool& is_null) {
  is_null = false;
  if (text[0] == '"') return text.substr(0, string_end(text, 0));
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    is_null = text.starts_with(word);
    if (is_null) return word;
  }
  const std::string_view number = number_at(text);
  if (number.empty()) return text.substr(0, 1);
  is_null = is_too_large(number);
  return number;
}

/// The text with null where Python wrote a number that JSON has not, or one that no double can be.
std::string with_plain_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool is_null = false;
  while (!text.empty()) {
    const std::string_view piece = next_piece(text, is_null);
    out += is_null ? "null" : piece;
    text.remove_prefix(piece.size());
  }
  return out;
}

/// Where the tape found something wrong, as people count.
std::string place_of(std::string_view text, std::size_t column) {
  const std::string_view before = text.substr(0, column - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t begin = before.rfind('\n');
  const std::size_t in_line = begin == before.npos ? column : column - begin - 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(in_line);
}

/// Nothing: it is one JSON value.
std::optional<Error> syntax_error(std::string_view text) {
  JsonTape tape;
  if (tape.read(text)) return std::nullopt;
  return Error{"expected JSON: " + place_of(text, tape.error().column) + ": " + tape.error().what};
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

/// Calls take(line, number) for each line that is not blank.
Result<void> for_each_line(std::string_view text,
                           const std::function<Result<void>(std::string_view, std::size_t)>& take) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (is_blank(line)) continue;
    if (auto taken = take(line, number); !taken) return taken;
  }
  return {};
}

/// The first line that is not blank.
std::string_view first_line(std::string_view text) {
  text.remove_prefix(text.find_first_not_of(" \t\r\n"));
  return text.substr(0, text.find('\n'));
}

}  // namespace

Result<void> read_documents(std::string_view text,
                            const std::function<Result<void>(const ImportJson&)>& take) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!is_utf8(text)) {
    const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
    return Error{utf16 ? "expected UTF-8, got UTF-16 (iconv -f UTF-16 -t UTF-8 converts it)"
                       : "expected JSON in UTF-8, got other bytes"};
  }
  if (is_blank(text)) return Error{"expected JSON, got an empty file"};
  const std::string plain = with_plain_numbers(text);
  const auto error = syntax_error(plain);
  if (!error) return read_document(plain, take);
  if (syntax_error(first_line(plain))) return *error;

  // A document in each line. All of them are checked first, so that nothing is taken of a file that is not.
  auto checked = for_each_line(plain, [](std::string_view line, std::size_t number) -> Result<void> {
    JsonTape tape;
    if (tape.read(line)) return {};
    return Error{"expected JSON: line " + std::to_string(number) + ", column " +
                 std::to_string(tape.error().column) + ": " + tape.error().what};
  });
  if (!checked) return checked;
  return for_each_line(plain, [&](std::string_view line, std::size_t number) -> Result<void> {
    auto taken = read_document(line, take);
    return taken ? taken : taken.error().in("line " + std::to_string(number));
  });
}

bool is_number(const ImportJson& value) { return value.is_number() || value.is_binary(); }

std::optional<double> figure_of(const ImportJson& value, std::string_view name, ImportSink& sink) {
  if (value.is_number()) return value.get<double>();
  if (double figure = 0; value.is_binary() && to_double(text_of(value), figure)) return figure;
  if (value.is_null() || value.is_string()) sink.left_out(name);
  return std::nullopt;
}

std::string text_of(const ImportJson& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_binary()) return {value.get_binary().begin(), value.get_binary().end()};
  return value.is_number() ? value.dump() : "";
}

const ImportJson& member_of(const ImportJson& value, std::string_view name) {
  static const ImportJson kNull;
  if (!value.is_object()) return kNull;
  const auto at = value.find(name);
  return at == value.end() ? kNull : *at;
}

std::string kind_of(const ImportJson& value) {
  if (is_number(value)) return "a number";
  if (!value.is_object()) return value.is_array() ? "an array" : value.is_null() ? "null" : "a " + std::string(value.type_name());
  if (value.empty()) return "an empty object";
  std::string text = "an object with ";
  std::size_t shown = 0;
  for (const auto& [key, held] : value.items()) {
    if (shown == 4) return text + ", ...";
    text += (shown++ > 0 ? ", " : "") + in_quotes(key);
  }
  return text;
}

}  // namespace mlmon
