#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/event/batch.h"
#include "core/event/event_parser.h"
#include "core/event/line_shapes.h"
#include "core/event/models.h"
#include "core/event/projector.h"

namespace mlmon {

/// Nothing but spaces and tabs, perhaps after NUL bytes and before the end of a line.
bool is_empty_line(std::string_view line);

/// Turns the lines of a block into events. One a thread; the table of models is shared.
class BlockParser {
 public:
  /// `by_shape`: lines that look like ones before are read in the fast way. That changes nothing else.
  BlockParser(const EventRules& rules, ModelTable& models, std::uint64_t max_line,
              bool by_shape = true);

  /// Fills in the columns, bad records and counts of `batch` from its block.
  void parse(Batch& batch);

  /// Lines that were read in the fast way.
  std::uint64_t lines_by_shape() const { return lines_by_shape_; }

  /// What is wrong with a line that parse() found bad, for people.
  BadLine explain(const Batch& batch, const BadRecord& record);

 private:
  std::string_view unwrap(std::string_view line);
  bool is_foreign(std::string_view line, bool unterminated) const;
  std::string explain_future() const;
  bool is_too_long(const Batch& batch, std::string_view line) const;
  bool parse_by_shape(Batch& batch, std::size_t& at, std::size_t end);
  void parse_line(Batch& batch, std::string_view line, std::uint32_t at, bool utf8_checked,
                  bool unterminated);
  std::uint32_t intern(const Event& event);

  const bool skip_foreign_;
  const std::int64_t max_ahead_ns_;
  const Clock* const clock_;
  std::int64_t latest_ns_ = std::numeric_limits<std::int64_t>::max();  // that an event may be
  EventParser parser_;
  Projector projector_;
  ModelTable& models_;
  std::uint64_t max_line_;
  Event event_;
  BadLine bad_;
  LineShapes shapes_;
  bool by_shape_;
  std::uint64_t lines_by_shape_ = 0;
};

}  // namespace mlmon
