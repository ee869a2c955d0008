#include "core/event/projector.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "core/text/json_number.h"
#include "core/text/json_scan.h"

namespace mlmon {
namespace {

constexpr std::size_t kNoChild = static_cast<std::size_t>(-1);
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// The text is one valid JSON object, so that nothing here need look out for its end.

const char* skip_space(const char* at) {
  while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') ++at;
  return at;
}

/// Behind the string that begins at `at`.
const char* skip_string(const char* at) {
  for (++at;; ++at) {
    while (!ends_plain_json_string(*at)) ++at;
    if (*at == '"') return at + 1;
    ++at;  // what is escaped
  }
}

/// Behind the value that begins at `at`.
const char* skip_value(const char* at) {
  if (*at == '"') return skip_string(at);
  if (*at != '{' && *at != '[') {
    while (*at != ',' && *at != '}' && *at != ']' && static_cast<unsigned char>(*at) > ' ') ++at;
    return at;
  }
  for (std::size_t depth = 0;;) {
    switch (*at) {
      case '"': at = skip_string(at); continue;
      case '{': case '[': ++depth; break;
      case '}': case ']': --depth; break;
    }
    ++at;
    if (depth == 0) return at;
  }
}

std::size_t index_of(const std::string& token) {
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return kNoChild;
  std::size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [stop, failed] = std::from_chars(token.data(), end, index);
  return failed == std::errc() && stop == end ? index : kNoChild;
}

bool is_integer_literal(std::string_view literal) {
  return literal.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

Projector::Projector(std::vector<Projection> projections, const std::vector<std::uint32_t>& kinds)
    : projections_(std::move(projections)), by_kind_(1), found_(projections_.size()) {
  for (const std::uint32_t kind : kinds) {
    if (kind == kEveryKind || kind == kNoKind) continue;
    if (kind >= tree_of_.size()) tree_of_.resize(kind + 1, 0);
    if (tree_of_[kind] != 0) continue;
    tree_of_[kind] = by_kind_.size();
    by_kind_.emplace_back();
  }
  for (Tree& tree : by_kind_) tree.nodes.emplace_back();
  std::vector<std::string> tokens;
  for (std::size_t column = 0; column < projections_.size(); ++column) {
    split_json_pointer(projections_[column].pointer, tokens);
    if (kinds[column] == kEveryKind) {
      for (Tree& tree : by_kind_) add(tree, tokens, column);
    } else if (kinds[column] != kNoKind) {
      add(by_kind_[tree_of_[kinds[column]]], tokens, column);
    }
  }
}

void Projector::add(Tree& tree, const std::vector<std::string>& tokens, std::size_t column) {
  std::size_t at = 0;
  for (const std::string& token : tokens) {
    const auto& nodes = tree.nodes[at].nodes;
    const auto known = std::find_if(nodes.begin(), nodes.end(), [&](std::size_t node) {
      return tree.nodes[node].token == token;
    });
    if (known != nodes.end()) {
      at = *known;
      continue;
    }
    Node node;
    node.token = token;
    node.index = index_of(token);
    tree.nodes[at].nodes.push_back(tree.nodes.size());
    at = tree.nodes.size();
    tree.nodes.push_back(std::move(node));
  }
  tree.nodes[at].columns.push_back(column);
  ++tree.columns;
}

void Projector::append(std::string_view object, std::uint32_t kind, ProjectedColumns& out) {
  if (out.columns.size() != projections_.size()) {
    out.columns.resize(projections_.size());
    for (std::size_t i = 0; i < projections_.size(); ++i) out.columns[i].type = projections_[i].type;
  }
  Tree& tree = by_kind_[kind < tree_of_.size() ? tree_of_[kind] : 0];
  std::fill(found_.begin(), found_.end(), std::string_view());
  left_ = tree.columns;
  ++walks_;
  if (left_ > 0) walk(tree, 0, skip_space(object.data()));
  for (std::size_t i = 0; i < found_.size(); ++i) put(out.columns[i], found_[i], out.text);
}

const char* Projector::walk(Tree& tree, std::size_t node, const char* at) {
  if (tree.nodes[node].walked == walks_) return skip_value(at);  // it stands twice
  tree.nodes[node].walked = walks_;
  const char* const begin = at;
  if (tree.nodes[node].nodes.empty() || (*at != '{' && *at != '[')) {
    at = skip_value(at);
  } else {
    at = *at == '{' ? walk_object(tree, node, at) : walk_array(tree, node, at);
  }
  if (at == nullptr) return nullptr;
  for (const std::size_t column : tree.nodes[node].columns) {
    found_[column] = {begin, static_cast<std::size_t>(at - begin)};
    --left_;
  }
  return left_ == 0 ? nullptr : at;
}

const char* Projector::walk_object(Tree& tree, std::size_t node, const char* at) {
  at = skip_space(at + 1);
  while (*at != '}') {
    const char* const key = at + 1;
    at = skip_string(at);
    const std::size_t child =
        child_of(tree, node, {key, static_cast<std::size_t>(at - 1 - key)});
    at = skip_space(skip_space(at) + 1);  // over the colon
    at = child == kNoChild ? skip_value(at) : walk(tree, child, at);
    if (at == nullptr) return nullptr;
    at = skip_space(at);
    if (*at == ',') at = skip_space(at + 1);
  }
  return at + 1;
}

const char* Projector::walk_array(Tree& tree, std::size_t node, const char* at) {
  at = skip_space(at + 1);
  for (std::size_t index = 0; *at != ']'; ++index) {
    std::size_t child = kNoChild;
    for (const std::size_t candidate : tree.nodes[node].nodes) {
      if (tree.nodes[candidate].index == index) child = candidate;
    }
    at = child == kNoChild ? skip_value(at) : walk(tree, child, at);
    if (at == nullptr) return nullptr;
    at = skip_space(at);
    if (*at == ',') at = skip_space(at + 1);
  }
  return at + 1;
}

std::size_t Projector::child_of(Tree& tree, std::size_t node, std::string_view raw_key) {
  std::string_view key = raw_key;
  if (raw_key.find('\\') != std::string_view::npos) {
    unescaped_.begin(raw_key.size());
    key = unescaped_.add(raw_key);
  }
  for (const std::size_t child : tree.nodes[node].nodes) {
    if (tree.nodes[child].token == key) return child;
  }
  return kNoChild;
}

void Projector::put(ProjectedColumn& column, std::string_view value, std::string& text) {
  const bool number =
      !value.empty() && (value[0] == '-' || (value[0] >= '0' && value[0] <= '9'));
  switch (column.type) {
    case Projection::Type::kNumber: {
      double figure = kNoNumber;
      if (!number || !to_double(value, figure)) figure = kNoNumber;
      column.numbers.push_back(figure);
      return;
    }
    case Projection::Type::kInteger: {
      std::int64_t integer = kAbsentInteger;
      if (!number || !is_integer_literal(value) || !to_int64(value, integer)) integer = kAbsentInteger;
      column.integers.push_back(integer);
      return;
    }
    case Projection::Type::kBoolean:
      column.integers.push_back(value == "true" ? 1 : value == "false" ? 0 : kAbsentInteger);
      return;
    case Projection::Type::kText: {
      if (value.empty() || value[0] != '"') return put_text(column, {}, text);
      std::string_view inside = value.substr(1, value.size() - 2);
      if (inside.find('\\') != std::string_view::npos) {
        unescaped_.begin(inside.size());
        inside = unescaped_.add(inside);
      }
      return put_text(column, inside, text);
    }
    case Projection::Type::kJson:
      return put_text(column, value, text);
  }
}

/// A null `value` is absent.
void Projector::put_text(ProjectedColumn& column, std::string_view value, std::string& text) {
  const bool fits = text.size() + value.size() < kAbsentText;
  const bool there = value.data() != nullptr && fits;
  column.text_off.push_back(there ? static_cast<std::uint32_t>(text.size()) : kAbsentText);
  column.text_len.push_back(there ? static_cast<std::uint32_t>(value.size()) : 0);
  if (there) text += value;
}

}  // namespace mlmon
