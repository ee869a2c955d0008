#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event/projection.h"
#include "core/text/unescaped_text.h"

namespace mlmon {

/// Takes the projected members out of events: one walk over an event's text finds all of them, and ends
/// with the last. An event of a type that no projection is about costs nothing.
///
/// Of a member that stands twice the first counts. One that is missing, of another type than asked for,
/// or does not fit into its column is absent. Not thread-safe: one projector a thread.
class Projector {
 public:
  static constexpr std::uint32_t kEveryKind = 0;
  static constexpr std::uint32_t kNoKind = UINT32_MAX;

  /// `kinds[i]`: of the events that projections[i] is about.
  Projector(std::vector<Projection> projections, const std::vector<std::uint32_t>& kinds);

  bool empty() const { return projections_.empty(); }

  /// Adds a row to each column. REQUIRES: `object` begins, perhaps behind spaces, with a valid JSON object,
  /// the event of that kind.
  void append(std::string_view object, std::uint32_t kind, ProjectedColumns& out);

 private:
  /// A place on the way to members that are wanted, and those that are wanted there.
  struct Node {
    std::string token;               // of the way here
    std::size_t index = kNoIndex;    // the same, of an array
    std::vector<std::size_t> nodes;  // from here on
    std::vector<std::size_t> columns;
    std::uint64_t walked = 0;  // in which walk it was found last
    static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
  };
  /// What is wanted of events of one kind, as a tree.
  struct Tree {
    std::vector<Node> nodes;  // the first is the root
    std::size_t columns = 0;  // wanted in it
  };

  static void add(Tree& tree, const std::vector<std::string>& tokens, std::size_t column);

  // Each is given the text at a value, and returns where that ends; null: nothing more is wanted.
  const char* walk(Tree& tree, std::size_t node, const char* at);
  const char* walk_object(Tree& tree, std::size_t node, const char* at);
  const char* walk_array(Tree& tree, std::size_t node, const char* at);

  std::size_t child_of(Tree& tree, std::size_t node, std::string_view raw_key);
  void put(ProjectedColumn& column, std::string_view value, std::string& text);
  static void put_text(ProjectedColumn& column, std::string_view value, std::string& text);

  std::vector<Projection> projections_;
  std::vector<Tree> by_kind_;  // of the kinds that projections name; the first is of all others
  std::vector<std::size_t> tree_of_;  // kind to tree
  std::vector<std::string_view> found_;  // the value of each column, as it stands in the text
  std::size_t left_ = 0;                 // columns of this walk that were not found yet
  std::uint64_t walks_ = 0;
  UnescapedText unescaped_;
};

}  // namespace mlmon
