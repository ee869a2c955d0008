#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/event/event.h"
#include "core/event/line_shape.h"
#include "core/event/model_spellings.h"
#include "core/event/rfc3339.h"

namespace mlmon {

/// The fast way to read a line: whoever writes events writes them with one printf, so that all but a few
/// bytes of a line stood at the same place in one before. Lines that the EventParser took are cut into
/// literal parts and slots (LineShape) and kept as a tree, each edge a literal and the slot behind it. A
/// new line is compared from the root on; only what stands in its slots is read, strictly. Whatever does
/// not fit is left to the EventParser, which is the specification: this may refuse any line, but takes
/// none that it would not take, and takes all of them alike.
///
/// Bounded: it learns the less often the less that helps, and forgets everything when it has grown too
/// large. Not thread-safe: one a thread; the spellings are shared.
class LineShapes {
 public:
  /// `nan_is_null`, `lenient_times`: as the EventParser that learn() gets its lines from.
  explicit LineShapes(const ModelSpellings& spellings, bool nan_is_null = false,
                      bool lenient_times = false);

  /// Reads the line at `at` into the members of `event` that batches have columns for, and its `model`;
  /// `event.json` is the line from the event's object on. Returns where the line ends: at its newline;
  /// null: read it in the slow way, `event` is spoilt.
  /// REQUIRES: a newline at or behind `at`, before `end`; seven readable bytes behind `end`; UTF-8 up to
  /// the newline.
  const char* read(const char* at, const char* end, Event& event, std::uint32_t& model);

  /// Learns, perhaps, from a line (without its newline) that read() did not take although it is this event.
  void learn(std::string_view line, const Event& event);

 private:
  /// A text to compare with, in words.
  class Literal {
   public:
    explicit Literal(std::string_view text);
    bool stands_at(const char* at) const;
    bool operator==(const Literal&) const = default;
    std::size_t size() const { return size_; }

   private:
    std::vector<std::uint64_t> words_;  // all but the last whole
    std::uint64_t last_mask_ = 0;
    std::size_t size_;
  };
  struct Edge;
  struct Node {
    const Edge* edge_at(const char* at) const;

    std::vector<Edge> edges;  // longer literals first, so that "}" does not hide "},"
  };
  struct Edge {
    Literal literal;
    Slot slot;
    std::uint32_t kind = 0;  // with kEnd: of the event
    bool plain = false;      // likewise
    Node next;
  };

  const char* read_slot(Slot slot, const char* at, const char* end, Event& event,
                        std::uint32_t& model);
  const char* read_model(const char* at, const char* end, std::uint32_t& model);
  ModelSpellings::Spelling find_model(std::string_view rest);
  bool worth_learning();
  Edge* edge_for(Node& node, const LineShape::Part& part, std::uint32_t kind);
  bool add(const std::vector<LineShape::Part>& parts, std::uint32_t kind, bool plain);
  void forget();

  const ModelSpellings& spellings_;
  // Fleets tell of their models in some order, mostly the same: of each model (by handle) the other one
  // that came behind it last.
  ModelSpellings::Spelling last_;
  std::vector<ModelSpellings::Spelling> after_;

  const TimeRule times_;
  LineShape shape_;
  Node root_;
  std::size_t edges_ = 0, bytes_ = 0;  // of the tree

  std::uint64_t hits_ = 0;      // since something was learned
  std::uint64_t misses_ = 0;    // likewise
  std::uint64_t patience_ = 1;  // misses before the next is learned
};

}  // namespace mlmon
