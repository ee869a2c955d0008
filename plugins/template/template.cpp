#include "plugins/template/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <mlmon/text.hpp>

namespace mlmon::templates {
namespace {

constexpr std::size_t kWidest = 3;  // digits of a width or precision: nobody needs a text of 10,000

const Name* find_name(const std::vector<Name>& names, std::string_view name) {
  const auto fits = [name](const Name& known) {
    return known.name.ends_with('.') ? name.starts_with(known.name) && name != known.name
                                     : name == known.name;
  };
  const auto found = std::find_if(names.begin(), names.end(), fits);
  return found == names.end() ? nullptr : &*found;
}

std::string list(const std::vector<Name>& names) {
  std::string out;
  for (const Name& name : names) {
    out += (out.empty() ? "" : ", ") + std::string(name.name) +
           (name.name.ends_with('.') ? "NAME" : "");
  }
  return out;
}

std::string as_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* figure = std::get_if<double>(&value)) return format_number(*figure);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  return "";
}

/// Throws fmt::format_error where the format does not fit the value.
std::string formatted(const std::string& format, const Value& value) {
  const fmt::string_view view(format);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return fmt::vformat(view, fmt::make_format_args(*text));
  }
  if (const auto* figure = std::get_if<double>(&value)) {
    return fmt::vformat(view, fmt::make_format_args(*figure));
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return fmt::vformat(view, fmt::make_format_args(*whole));
  }
  return "";
}

/// Values of a kind that formats may make very different texts of.
constexpr int kSamples = 4;
Value sample(Kind kind, int which = 0) {
  constexpr double kFigures[kSamples] = {0.5, -1e308, 5e-324, 3};
  constexpr std::int64_t kWhole[kSamples] = {10, INT64_MAX, -1, 0};
  if (kind == Kind::figure) return kFigures[which];
  if (kind == Kind::whole) return kWhole[which];
  return std::string("x");
}

bool has_long_number(std::string_view spec) {
  std::size_t digits = 0;
  for (const char c : spec) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > kWidest) return true;
  }
  return false;
}

std::string escaped(std::string_view text) {
  std::string quoted;
  append_quoted(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

bool has_bare_braces(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos || (text[begin] != '{' && text[begin] != '[')) return false;
  const bool name_follows = text[begin] == '{' && begin + 1 < text.size() && text[begin + 1] >= 'a' &&
                            text[begin + 1] <= 'z';
  return !name_follows && text.find("{{") == text.npos;
}

}  // namespace

Template::Template(std::string_view text, const std::string& place,
                   const std::vector<Name>& names) {
  parse(text, place, names, false);
}

Template Template::of_json(const Json& text, const std::vector<Name>& names) {
  Template out;
  out.json_ = true;
  out.parse(text.text(), text.path(), names, has_bare_braces(text.text()));
  out.mark_strings();
  out.check_json(text.path(), names);
  return out;
}

void Template::parse(std::string_view text, const std::string& place,
                     const std::vector<Name>& names, bool bare_braces) {
  pieces_.emplace_back();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    const bool literal = (c != '{' && c != '}') ||
                         (bare_braces && (c == '}' || next < 'a' || next > 'z'));
    if (literal) {
      pieces_.back().literal += c;
    } else if (next == c) {
      pieces_.back().literal += c;
      ++at;
    } else if (const std::size_t end = text.find('}', at); c == '}' || end == text.npos) {
      throw config_error(place + ": unmatched \"" + c + "\" (a brace itself is written twice)");
    } else {
      add_value(text.substr(at + 1, end - at - 1), place, names);
      at = end;
    }
  }
}

void Template::add_value(std::string_view inside, const std::string& place,
                         const std::vector<Name>& names) {
  const std::size_t colon = std::min(inside.find(':'), inside.size());
  Piece& piece = pieces_.back();
  piece.name = inside.substr(0, colon);
  const Name* known = find_name(names, piece.name);
  if (!known) {
    throw config_error(place + ": unknown name \"" + piece.name + "\", expected one of " + list(names));
  }
  if (colon < inside.size()) {
    const std::string_view spec = inside.substr(colon + 1);
    piece.format = "{:" + std::string(spec) + "}";
    const std::string of = place + ": the format of {" + std::string(inside) + "}";
    if (spec.find('{') != spec.npos || has_long_number(spec)) {
      throw config_error(of + ": expected a width and precision of at most 3 digits");
    }
    // A number as the character of that code: seldom meant, and often none that a text may have.
    if (spec.ends_with('c')) throw config_error(of + ": \"c\" is not a format of a value");
    try {
      (void)formatted(piece.format, sample(known->kind));
    } catch (const fmt::format_error& error) {
      throw config_error(of + ": " + error.what());
    }
  }
  pieces_.emplace_back();
}

void Template::mark_strings() {
  bool in_string = false;
  for (Piece& piece : pieces_) {
    for (std::size_t i = 0; i < piece.literal.size(); ++i) {
      const char c = piece.literal[i];
      if (c == '"') in_string = !in_string;
      if (c == '\\' && in_string) ++i;
    }
    piece.in_string = in_string;
  }
}

void Template::check_json(const std::string& place, const std::vector<Name>& names) const {
  const auto nothing = [](std::string_view) { return Value(); };
  try {
    for (int i = 0; i < kSamples; ++i) {
      (void)Json::parse(expand([&](std::string_view name) { return sample(find_name(names, name)->kind, i); }));
    }
    (void)Json::parse(expand(nothing));
  } catch (const config_error& error) {
    throw config_error(place + ": filled in, this is not JSON: " + error.what());
  }
}

std::string Template::expand(const Lookup& lookup) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.literal;
    if (!piece.name.empty()) append(out, piece, lookup(piece.name));
  }
  return out;
}

void Template::append(std::string& out, const Piece& piece, const Value& value) const {
  const bool absent = std::holds_alternative<std::monostate>(value);
  if (absent && json_ && !piece.in_string) out += "null";
  if (absent) return;
  const std::string text = piece.format.empty() ? as_text(value) : formatted(piece.format, value);
  if (!json_) {
    out += text;
  } else if (piece.in_string) {
    out += escaped(text);
  } else if (std::holds_alternative<std::string>(value)) {
    append_quoted(out, text);
  } else {
    out += text;
  }
}

std::vector<std::string> Template::names() const {
  std::vector<std::string> names;
  for (const Piece& piece : pieces_) {
    if (!piece.name.empty()) names.push_back(piece.name);
  }
  return names;
}

}  // namespace mlmon::templates
