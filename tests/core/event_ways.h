#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event/block_parser.h"

namespace mlmon {

/// One way to parse lines, and the models that it met.
class EventWay {
 public:
  EventWay(const EventRules& rules, bool by_shape, std::uint64_t max_line = 1 << 20)
      : parser_(rules, models_, max_line, by_shape) {}
  EventWay(const EventWay&) = delete;
  EventWay& operator=(const EventWay&) = delete;

  /// The text as one block, in memory of exactly its size: a sanitizer sees who reads beyond the padding.
  Batch parse(std::string_view text);

  /// The batch's block, as a reader gave it.
  void parse(Batch& batch) { parser_.parse(batch); }

  const ModelTable& models() const { return models_; }
  std::uint64_t lines_by_shape() const { return parser_.lines_by_shape(); }

 private:
  ModelTable models_;
  BlockParser parser_;
};

/// All that one row says, as text: figures bit by bit, the model by what it is. Where it stands in its block is
/// no part of that, where it stands in its source is.
std::string account_of(const Batch& batch, std::uint32_t row, const ModelTable& models);

/// All that a batch says.
std::string account_of(const Batch& batch, const ModelTable& models);

/// The first lines of two accounts that are not the same, or nothing.
std::string first_difference(const std::string& fast, const std::string& slow);

}  // namespace mlmon
