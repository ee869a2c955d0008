#include "core/store/postgres_dialect.h"

#include <algorithm>
#include <cctype>

namespace mlmon {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Takes `beginning` off `text`, if it begins so.
bool take_beginning(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

std::string_view take_while_word(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_word(text[size])) ++size;
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

/// With the name of its table, if that was written before it. SQLite reads \u0000 in JSON, PostgreSQL does not.
void append_json_column(std::string& out) {
  std::size_t begin = out.size();
  if (out.ends_with('.')) --begin;
  while (begin < out.size() && begin > 0 && is_word(out[begin - 1])) --begin;
  const std::string column = out.substr(begin) + "json";
  out.replace(begin, out.npos, "replace(" + column + "::text, '\\u0000', '\\ufffd')::json");
}

void append_word(std::string& out, std::string_view word, std::string_view& rest) {
  if (word == "INDEXED" && take_beginning(rest, " BY ")) {
    take_while_word(rest);
    return;
  }
  if (word == "CROSS" && take_beginning(rest, " JOIN ")) {
    out += "JOIN ";
  } else if (word == "offset" || word == "left") {
    out.append("\"").append(word).append("\"");
  } else if (word == "json" && rest.starts_with(" ->")) {
    append_json_column(out);
  } else {
    out += word;
  }
}

}  // namespace

std::string postgres_sql(std::string_view sql) {
  std::string out;
  int parameter = 0;
  while (!sql.empty()) {
    const char c = sql.front();
    if (c == '\'') {
      const std::size_t end = std::min(sql.find('\'', 1), sql.size() - 1) + 1;
      out += sql.substr(0, end);
      sql.remove_prefix(end);
    } else if (c == '?') {
      sql.remove_prefix(1);
      const std::string_view number = take_while_word(sql);
      out += '$';
      out += number.empty() ? std::to_string(++parameter) : std::string(number);
    } else if (is_word(c)) {
      append_word(out, take_while_word(sql), sql);
    } else {
      out += c;
      sql.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace mlmon
