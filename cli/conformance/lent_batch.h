#pragma once

#include <mlmon/batch.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/conformance/guarded_block.h"
#include "core/event/batch.h"

namespace mlmon {

/// A run of rows on its way to a plugin.
struct BatchSlice {
  std::uint32_t first = 0;
  std::uint32_t rows = 0;
  std::optional<std::vector<std::uint32_t>> selected;  // counted from `first`; none: all
  std::uint32_t flags = 0;
  std::uint64_t dropped = 0;
};

/// How what the host owns is lent to a plugin.
struct Lending {
  bool guarded = false;    // each piece between pages that cannot be touched
  bool take_back = false;  // and gone when its time is over
  GuardedBlock::Flush flush = GuardedBlock::Flush::kEnd;
};

/// The slice as the ABI has it: in the memory of `batch`, or guarded.
class LentBatch {
 public:
  /// `columns`: those of the batch's projected ones that are lent, in this order. `size`: that of
  /// the mlmon_batch as the host of some version has it.
  LentBatch(const Batch& batch, const BatchSlice& slice, const std::vector<std::uint32_t>& columns,
            const Lending& lending, std::uint32_t size);

  const mlmon_batch* abi() const { return abi_; }

  /// Takes all of it back, if that was to be.
  void take_back();

 private:
  template <class T>
  const T* guard(const char* name, const T* column, std::size_t count);
  void guard_core(const Batch& batch, const BatchSlice& slice);
  void lend_projected(const Batch& batch, const BatchSlice& slice,
                      const std::vector<std::uint32_t>& columns);

  const Lending lending_;
  std::uint32_t no_row_ = 0;
  std::vector<std::uint32_t> raw_off_;
  std::vector<GuardedBlock> guarded_;
  std::vector<mlmon_column> projected_;
  std::vector<const mlmon_column*> projected_pointers_;
  std::vector<char> struct_;
  mlmon_batch all_ = {};
  const mlmon_batch* abi_;
};

}  // namespace mlmon
