#pragma once

#include <cstdint>
#include <functional>
#include <mlmon/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mlmon::templates {

/// What a name stands for: a text, a figure, a whole number, or nothing where it is absent.
using Value = std::variant<std::monostate, std::string, double, std::int64_t>;

enum class Kind : unsigned char { text, figure, whole };  // of the value that a name may stand for

/// A name that templates may use. One that ends in a dot stands for all that begin with it:
/// "labels." for "labels.team".
struct Name {
  std::string_view name;
  Kind kind;
};

/// Gives the value of a name, always of the kind that the name has, or nothing.
using Lookup = std::function<Value(std::string_view name)>;

/// A text with names in braces, in fmt's format syntax: "F1 of {model.name} is {value:.2f}"; `{{` and
/// `}}` stand for one brace each. Names and formats are checked when it is made, so that expanding it
/// cannot fail. An absent value is an empty text. What a value holds is never read as a template.
class Template {
 public:
  Template() = default;

  /// Throws config_error that begins with `place`, the key that holds the text.
  Template(std::string_view text, const std::string& place, const std::vector<Name>& names);
  Template(const Json& text, const std::vector<Name>& names)
      : Template(text.text(), text.path(), names) {}

  /// A text that is to be JSON. A value within a string is escaped; one outside of a string is a
  /// number or a string of its own, and null where it is absent. Where it begins with a brace or
  /// bracket and has no `{{`, braces that no name follows stand for themselves: {"id": "{id}"}.
  /// Throws config_error also where what comes out would not be JSON.
  static Template of_json(const Json& text, const std::vector<Name>& names);

  std::string expand(const Lookup& lookup) const;

  /// The names in it, in order; one that stands twice is there twice.
  std::vector<std::string> names() const;

 private:
  struct Piece {
    std::string literal;  // what stands before the value
    std::string name;     // empty: the end of the text
    std::string format;   // "{:.2f}"; empty: as in actions
    bool in_string = true;
  };

  void parse(std::string_view text, const std::string& place, const std::vector<Name>& names,
             bool bare_braces);
  void add_value(std::string_view inside, const std::string& place, const std::vector<Name>& names);
  void mark_strings();
  void check_json(const std::string& place, const std::vector<Name>& names) const;
  void append(std::string& out, const Piece& piece, const Value& value) const;

  std::vector<Piece> pieces_;
  bool json_ = false;
};

}  // namespace mlmon::templates
