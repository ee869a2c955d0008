#pragma once

#include <cstdint>
#include <vector>

#include "core/event/batch.h"
#include "core/event/models.h"
#include "core/text/glob.h"

namespace mlmon {

/// The kind of no event: who has this one alone gets none.
inline constexpr std::uint32_t kNoKind = 0;

/// Which events an observer gets: those of certain kinds, of models whose name matches. One a thread.
class Subscription {
 public:
  /// `kinds` empty: all.
  Subscription(GlobList names, std::vector<std::uint32_t> kinds, const ModelTable& models);

  /// Everything is subscribed to: select() need not be asked.
  bool everything() const { return every_name_ && kinds_.empty(); }

  /// The subscribed rows among [first, first + rows), counted from `first`, ascending. `selected` is
  /// replaced.
  void select(const Batch& batch, std::uint32_t first, std::uint32_t rows,
              std::vector<std::uint32_t>& selected);

  /// How many of these rows are subscribed to.
  std::uint64_t count(const Batch& batch, std::uint32_t first, std::uint32_t rows);

 private:
  bool wants(const Batch& batch, std::uint32_t row);
  bool name_matches(std::uint32_t model);

  GlobList names_;
  bool every_name_;
  std::vector<std::uint32_t> kinds_;
  const ModelTable* models_;
  enum class Match : std::uint8_t { kUnknown, kYes, kNo };
  std::vector<Match> matches_;  // by handle
};

}  // namespace mlmon
