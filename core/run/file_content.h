#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/store/checkpoint.h"

namespace mlmon {

// Files are told apart by their decompressed content. An error: the file cannot be read. What is compressed
// and damaged ends where the damage begins.

/// So many of its first bytes, and of those before a place, are what a file is known by.
constexpr std::size_t kHeadBytes = 256;

Fingerprint fingerprint(std::string_view bytes);

/// Up to `size` bytes from `offset` on; fewer where the file ends.
Result<std::string> bytes_at(const std::string& path, std::uint64_t offset, std::size_t size);

/// The file is at least so long.
Result<bool> reaches(const std::string& path, std::uint64_t offset);

/// The bytes before that place in the file, if they are those; nothing: it has others, or ends before.
Result<std::optional<std::string>> text_before(const SourcePlace& place, const Fingerprint& tail,
                                               const std::string& path);

/// Those bytes stand before that place in the file.
Result<bool> stands_before(const SourcePlace& place, const Fingerprint& tail, const std::string& path);

/// All of the file stands at the beginning of the other one, as far as their last 64 KiB tell.
Result<bool> is_beginning_of(const std::string& path, const std::string& other);

/// When the file was changed last, since 1970.
std::int64_t changed_ns_of(const struct stat& status);

}  // namespace mlmon
