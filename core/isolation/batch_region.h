#pragma once

#include <mlmon/batch.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/isolation/frame.h"
#include "core/result.h"

namespace mlmon {

/// The memory that host and child share: the host writes, and sealed as it is the child can only read.
/// The first page holds a word that is not 0 once the process is shutting down; behind it stands the batch
/// of the call that is going on. It is as large as no batch will be: what is not used costs nothing.
class BatchRegion {
 public:
  static constexpr std::size_t kSize = std::size_t{1} << 30;
  static constexpr std::size_t kFirst = 4096;

  /// The host's side.
  static Result<BatchRegion> create();

  /// The child's side. `fd` stays the caller's.
  static Result<BatchRegion> open(int fd);

  BatchRegion(BatchRegion&& other) noexcept;
  BatchRegion& operator=(BatchRegion&&) = delete;
  ~BatchRegion();

  int fd() const { return fd_; }
  const char* memory() const { return memory_; }

  void set_cancelled();
  bool cancelled() const;

  /// Copies a batch into it and gives the frame that tells where what is; empty: there is no room. The
  /// text of the lines only if `with_raw`; if `dense` no rows but those that are selected.
  std::string put(const mlmon_batch& batch, bool with_raw, bool dense);

 private:
  BatchRegion(int fd, char* memory) : fd_(fd), memory_(memory) {}

  template <class T>
  std::uint64_t place(const T* values, std::uint32_t rows);
  std::uint64_t place_text(const char* text, const std::uint32_t* off, const std::uint32_t* len,
                           std::uint32_t rows, std::uint64_t& off_at, std::uint64_t& text_size);

  int fd_;  // -1: not ours
  char* memory_;
  std::size_t used_ = kFirst;
  const std::uint32_t* chosen_ = nullptr;  // rows to take, during put(); null: all
};

/// The batch that a frame tells of, in the child: its columns point into the region.
class BorrowedBatch {
 public:
  /// False: it is not whole.
  bool read(std::string_view content, const char* memory);
  const mlmon_batch& batch() const { return batch_; }

 private:
  mlmon_batch batch_{};
  std::vector<mlmon_column> columns_;
  std::vector<const mlmon_column*> pointers_;
};

}  // namespace mlmon
