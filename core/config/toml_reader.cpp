#include "core/config/toml_reader.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <tuple>

// toml++ 3.3 asserts that a header's key begins well before it refuses one that does not, such as
// `[}`: without the assertion it is an error with its place, as any other mistake in a file.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include "core/text/wording.h"

namespace mlmon {
namespace {

constexpr std::size_t kMaxKeyParts = 16;
constexpr int kMaxTomlDepth = 64;

std::string at(const std::string& name, const toml::source_position& position) {
  return name + ":" + std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
}

/// Finds what toml++ must not see, before it does: a key of many parts, because it frees its tables
/// by recursion, so that one long key would exhaust the stack; and characters beyond ASCII outside
/// of strings and comments, where TOML has none and toml++ 3.3 runs into undefined behaviour. Knows
/// just enough of TOML to skip strings and comments.
class Screening {
 public:
  explicit Screening(std::string_view text) : text_(text) {
    if (text.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  /// The first such mistake as `LINE:COLUMN: what`, or nothing.
  std::optional<std::string> run() {
    std::size_t parts = 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '"' || c == '\'') {
        skip_string(c);
      } else {
        if (static_cast<unsigned char>(c) >= 0x80) {
          return here("expected text beyond ASCII in quotes, got it without");
        }
        if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{') parts = 1;
        if (c == '.' && ++parts > kMaxKeyParts) {
          return here("expected a key of at most " + std::to_string(kMaxKeyParts) +
                      " parts, got more");
        }
        ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  void skip_string(char quote) {
    const std::string fence(3, quote);
    const bool multi_line = text_.substr(at_).starts_with(fence);
    at_ += multi_line ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && !multi_line) return;
      if (c == '\\' && quote == '"') {
        at_ += at_ + 1 < text_.size() && text_[at_ + 1] != '\n' ? 2 : 1;
      } else if (c != quote) {
        ++at_;
      } else if (!multi_line) {
        ++at_;
        return;
      } else if (text_.substr(at_).starts_with(fence)) {
        // Up to two quotes may stand right before the closing three.
        at_ += 3;
        for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] == quote; ++i) ++at_;
        return;
      } else {
        ++at_;
      }
    }
  }

  std::string here(const std::string& what) const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = at_ - (before.rfind('\n') + 1) + 1;
    return std::to_string(line) + ":" + std::to_string(column) + ": " + what;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Copies what toml++ read into values of our own.
class Copy {
 public:
  explicit Copy(std::uint32_t source) : source_(source) {}

  TomlValue value(const toml::node& node, int depth) {
    TomlValue copy;
    copy.place = place(node.source().begin);
    if (depth > kMaxTomlDepth) {
      if (!too_deep_.line) too_deep_ = node.source().begin;
      return copy;
    }
    switch (node.type()) {
      case toml::node_type::table: copy.data = table(*node.as_table(), depth); break;
      case toml::node_type::array: copy.data = array(*node.as_array(), depth); break;
      case toml::node_type::string: copy.data = node.as_string()->get(); break;
      case toml::node_type::integer: copy.data = node.as_integer()->get(); break;
      case toml::node_type::floating_point: copy.data = node.as_floating_point()->get(); break;
      case toml::node_type::boolean: copy.data = node.as_boolean()->get(); break;
      case toml::node_type::date: copy.data = text(node.as_date()->get()); break;
      case toml::node_type::time: copy.data = text(node.as_time()->get()); break;
      case toml::node_type::date_time: copy.data = text(node.as_date_time()->get()); break;
      case toml::node_type::none: break;
    }
    return copy;
  }

  /// Where a value is nested too deep; line 0: nowhere.
  const toml::source_position& too_deep() const { return too_deep_; }

 private:
  Place place(const toml::source_position& position) const { return {source_, position.line}; }

  template <class T>
  static std::string text(const T& date_or_time) {
    std::ostringstream out;
    out << date_or_time;
    return out.str();
  }

  TomlValue::Table table(const toml::table& from, int depth) {
    // toml++ sorts by name; the order of the document is in the places of the keys.
    using Entry =
        std::tuple<toml::source_index, toml::source_index, const toml::key*, const toml::node*>;
    std::vector<Entry> entries;
    for (const auto& [key, node] : from) {
      const toml::source_position& begin = key.source().begin;
      entries.emplace_back(begin.line, begin.column, &key, &node);
    }
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    });
    TomlValue::Table members;
    for (const auto& [line, column, key, node] : entries) {
      TomlMember member{std::string(key->str()), {source_, line}, value(*node, depth + 1)};
      members.push_back(std::move(member));
    }
    return members;
  }

  TomlValue::Array array(const toml::array& from, int depth) {
    TomlValue::Array items;
    for (const toml::node& node : from) items.push_back(value(node, depth + 1));
    return items;
  }

  std::uint32_t source_;
  toml::source_position too_deep_{};
};

Result<TomlValue> copy_document(const toml::table& document, const std::string& name,
                                std::uint32_t source) {
  Copy copy(source);
  TomlValue root = copy.value(document, 0);
  if (copy.too_deep().line) {
    return Error{at(name, copy.too_deep()) + "expected values nested at most " +
                 std::to_string(kMaxTomlDepth) + " deep, got more"};
  }
  return root;
}

bool is_bare(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

TomlValue* TomlValue::find(std::string_view key) {
  for (TomlMember& member : std::get<Table>(data)) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

const TomlValue* TomlValue::find(std::string_view key) const {
  return const_cast<TomlValue*>(this)->find(key);
}

Result<TomlValue> parse_toml(std::string_view text, const std::string& name, std::uint32_t source) {
  if (const auto mistake = Screening(text).run()) return Error{name + ":" + *mistake};
  try {
    return copy_document(toml::parse(text), name, source);
  } catch (const toml::parse_error& error) {
    return Error{at(name, error.source().begin) + std::string(error.description())};
  } catch (const std::exception& error) {
    return Error{name + ": " + error.what()};
  }
}

Result<std::vector<std::string>> parse_toml_key(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos || text[begin] == '[' || text.find('\n') != text.npos) {
    return Error{"expected a dotted key"};
  }
  auto document = parse_toml(std::string(text) + " = 0", "key", 0);
  std::vector<std::string> parts;
  if (!document) return Error{"expected a dotted key"};
  const TomlValue* value = &*document;
  while (value->table() && value->table()->size() == 1) {
    parts.push_back(value->table()->front().key);
    value = &value->table()->front().value;
  }
  if (!value->integer()) return Error{"expected a dotted key"};
  return parts;
}

std::string append_key(const std::string& path, std::string_view key) {
  const std::string part = is_bare(key) ? std::string(key) : in_quotes(key);
  return path.empty() ? part : path + "." + part;
}

std::string append_index(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

}  // namespace mlmon
