#include "core/import/document.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

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

/// The text with null where Python wrote a number that JSON has not, or one that no double can be.
std::string with_plain_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      const std::size_t end = string_end(text, at);
      out.append(text, at, end - at);
      at = end;
      continue;
    }
    const std::string_view rest = text.substr(at);
    std::string_view word;
    for (const std::string_view known : {"NaN", "Infinity", "-Infinity"}) {
      if (rest.starts_with(known)) word = known;
    }
    if (word.empty() && is_number_byte(rest[0]) && (at == 0 || !is_number_byte(text[at - 1]))) {
      const std::size_t size = static_cast<std::size_t>(
          std::find_if_not(rest.begin(), rest.end(), is_number_byte) - rest.begin());
      const std::string padded = std::string(rest.substr(0, size)) + std::string(8, ' ');
      double value = 0;
      if (skip_json_number(padded.data()) == padded.data() + size &&
          !to_double(std::string_view(padded).substr(0, size), value)) {
        word = rest.substr(0, size);
      } else {
        out.append(rest, 0, size);
        at += size;
        continue;
      }
    }
    if (word.empty()) {
      out += text[at++];
    } else {
      out += "null";
      at += word.size();
    }
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
std::optional<Error> error_of(std::string_view text) {
  JsonTape tape;
  if (tape.read(text)) return std::nullopt;
  return Error{"expected JSON: " + place_of(text, tape.error().column) + ": " + tape.error().what};
}

Result<void> take_document(std::string_view text,
                           const std::function<Result<void>(const ImportJson&)>& take) {
  return take(ImportJson::parse(text.begin(), text.end()));
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
  if (text.find_first_not_of(" \t\r\n") == text.npos) return Error{"expected JSON, got an empty file"};
  const std::string plain = with_plain_numbers(text);
  const auto error = error_of(plain);
  if (!error) return take_document(plain, take);

  // A document in each line: the first line is one by itself, and not all of the text.
  std::string_view rest = plain;
  std::vector<std::string_view> lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  const auto is_blank = [](std::string_view line) { return line.find_first_not_of(" \t\r\n") == line.npos; };
  const auto first = std::find_if_not(lines.begin(), lines.end(), is_blank);
  if (first == lines.end() || error_of(*first)) return *error;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_blank(lines[i])) continue;
    JsonTape tape;
    if (!tape.read(lines[i])) {
      return Error{"expected JSON: line " + std::to_string(i + 1) + ", column " +
                   std::to_string(tape.error().column) + ": " + tape.error().what};
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_blank(lines[i])) continue;
    if (auto taken = take_document(lines[i], take); !taken) {
      return taken.error().in("line " + std::to_string(i + 1));
    }
  }
  return {};
}

std::optional<double> figure_of(const ImportJson& value, std::string_view name, ImportSink& sink) {
  if (value.is_number()) return value.get<double>();
  if (value.is_null() || value.is_string()) sink.left_out(name);
  return std::nullopt;
}

std::string text_of(const ImportJson& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? value.dump() : "";
}

const ImportJson& member_of(const ImportJson& value, std::string_view name) {
  static const ImportJson kNull;
  if (!value.is_object()) return kNull;
  const auto at = value.find(name);
  return at == value.end() ? kNull : *at;
}

std::string kind_of(const ImportJson& value) {
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
