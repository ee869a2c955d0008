#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/event/batch.h"
#include "core/event/event_parser.h"
#include "core/event/models.h"
#include "core/event/projector.h"

namespace mlmon {

/// Turns the lines of a block into events. One a thread; the table of models is shared.
class BlockParser {
 public:
  BlockParser(const EventRules& rules, ModelTable& models, std::uint64_t max_line);

  /// Fills in the columns, bad records and counts of `batch` from its block.
  void parse(Batch& batch);

  /// What is wrong with a line that parse() found bad, for people.
  BadLine explain(const Batch& batch, const BadRecord& record);

 private:
  struct BytesHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view bytes) const {
      return std::hash<std::string_view>()(bytes);
    }
  };

  void parse_line(Batch& batch, std::string_view line, std::uint32_t at, bool utf8_checked,
                  bool unterminated);
  std::uint32_t intern(const Event& event);

  EventParser parser_;
  Projector projector_;
  ModelTable& models_;
  std::uint64_t max_line_;
  Event event_;
  BadLine bad_;
  std::unordered_map<std::string, std::uint32_t, BytesHash, std::equal_to<>> by_bytes_;
};

}  // namespace mlmon
