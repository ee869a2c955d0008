#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"

namespace mlmon {

/// A stream of decompressed bytes from a file, a pipe, a terminal ...
///
/// Not thread-safe. Errors name the path. After an error, or once it said that the input has ended,
/// read() says so again (a plain regular file that has grown goes on).
class Input {
 public:
  /// What read() returns when it has used up what the descriptor had and that made no byte of
  /// output (the middle of a compressed block, say): poll, then call again. Never from regular
  /// files.
  static constexpr std::size_t kNothingYet = static_cast<std::size_t>(-1);

  virtual ~Input() = default;

  /// Reads up to `room` (> 0) bytes and returns how many; 0: the input has ended; or kNothingYet.
  /// Blocks only if ready() is false and poll_fd() is not readable. EINTR is retried.
  virtual Result<std::size_t> read(char* to, std::size_t room) = 0;

  /// Descriptor to poll before a read that may block; -1: reads never block for long (regular
  /// files). A FIFO opened by path must be polled first: until it has a writer, it reads as ended.
  virtual int poll_fd() const = 0;

  /// Bytes are held already, so that read() returns without touching the descriptor.
  virtual bool ready() const = 0;

  /// For progress: bytes of the file, compressed as it lies there, that were consumed so far.
  virtual std::uint64_t consumed() const = 0;

  /// Bytes of the file in all, when it was opened; 0: unknown.
  virtual std::uint64_t total() const = 0;

  /// Of a pipe this is known once its first bytes have been read.
  virtual bool compressed() const = 0;

  /// A regular file that is not compressed, so that it can be read again from an offset.
  virtual bool regular() const = 0;

  /// Goes on at `offset` of the decompressed source and returns the offset reached: less where the
  /// source ends before. Plain regular files go anywhere, compressed ones only forwards, others are
  /// an error.
  virtual Result<std::uint64_t> seek(std::uint64_t offset);

  /// The regular file's descriptor, compressed or not, for fstat(); -1: it is none. Owned by the
  /// input.
  virtual int file_fd() const { return -1; }
};

/// Opens a path; "-" is standard input, which stays open. gzip (any number of members) and zstd
/// (any number of frames) are recognised by their first bytes and decompressed; a path *.gz or
/// *.zst that does not begin so is an error: here for a regular file, at the first read()
/// otherwise. A damaged or truncated file gives what stands before the damage, then an error with
/// the compressed offset. Folders and sockets are errors. A FIFO does not wait for its writer here.
Result<std::unique_ptr<Input>> open_input(const std::string& path);

/// The same for a file that is to be called `name` in errors and recognised by it.
Result<std::unique_ptr<Input>> open_input(const std::string& path, const std::string& name);

}  // namespace mlmon
