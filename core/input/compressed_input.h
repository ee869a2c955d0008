#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/input/input.h"

namespace mlmon {

enum class Compression { none, gzip, zstd };

/// Judges a file by its first bytes: gzip (RFC 1952: 1f 8b), zstd (RFC 8878: its frames and
/// skippable frames) or none. Nothing: `head` is too short to tell; four bytes always suffice.
std::optional<Compression> compression_of(std::string_view head);

/// What the name promises: *.gz, *.zst or nothing.
Compression compression_by_name(std::string_view path);

/// The error of a path whose bytes are not what its name promises.
Error not_in_format(const std::string& path, Compression promised);

/// The file ends within its compressed data, as one that is still being written does.
bool breaks_off(const std::string& path);

/// Reads what `source` holds in compressed form (REQUIRES: not Compression::none). `path` is for
/// errors. Memory: 128 KiB, and gzip's 32 KiB or zstd's window (frames beyond 128 MiB are an
/// error).
std::unique_ptr<Input> decompress(std::unique_ptr<Input> source, Compression compression,
                                  std::string path);

}  // namespace mlmon
