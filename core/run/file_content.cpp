#include "core/run/file_content.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "core/input/input.h"
#include "core/time_units.h"

namespace mlmon {

Fingerprint fingerprint(std::string_view bytes) {
  return {bytes.size(), XXH3_64bits(bytes.data(), bytes.size())};
}

/// A file that cannot be read is an error: taken for a shorter one it would not be known again.
Result<std::string> bytes_at(const std::string& path, std::uint64_t offset, std::size_t size) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return input.error();
  std::string bytes(size, '\0');
  std::size_t have = 0;
  if (offset > 0) {
    const Result<std::uint64_t> reached = (*input)->seek(offset);
    if (!reached && !(*input)->compressed()) return reached.error();
    if (!reached || *reached != offset) return std::string();
  }
  while (have < size) {
    const Result<std::size_t> got = (*input)->read(bytes.data() + have, size - have);
    if (!got && !(*input)->compressed()) return got.error();
    if (!got || *got == 0 || *got == Input::kNothingYet) break;
    have += *got;
  }
  bytes.resize(have);
  return bytes;
}

Result<bool> reaches(const std::string& path, std::uint64_t offset) {
  if (offset == 0) return true;
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return input.error();
  const Result<std::uint64_t> reached = (*input)->seek(offset);
  return reached && *reached == offset;
}

Result<std::optional<std::string>> text_before(const SourcePlace& place, const Fingerprint& tail,
                                               const std::string& path) {
  if (place.offset < tail.size) return std::optional<std::string>();
  if (tail.size == 0) {
    const Result<bool> as_long = reaches(path, place.offset);
    if (!as_long) return as_long.error();
    return *as_long ? std::optional(std::string()) : std::nullopt;
  }
  Result<std::string> found = bytes_at(path, place.offset - tail.size, tail.size);
  if (!found) return found.error();
  return fingerprint(*found) == tail ? std::optional(std::move(*found)) : std::nullopt;
}

Result<bool> stands_before(const SourcePlace& place, const Fingerprint& tail,
                           const std::string& path) {
  const auto text = text_before(place, tail, path);
  if (!text) return text.error();
  return text->has_value();
}

namespace {

Result<std::uint64_t> length_of(const std::string& path) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return input.error();
  std::uint64_t low = 0;
  constexpr auto kAll = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const Result<std::uint64_t> reached = (*input)->seek(kAll);
  if (reached) low = *reached;
  return low;
}

}  // namespace

Result<bool> is_beginning_of(const std::string& path, const std::string& other) {
  constexpr std::uint64_t kCompared = 64 * 1024;
  const Result<std::uint64_t> length = length_of(path);
  if (!length) return length.error();
  const std::uint64_t from = *length - std::min(*length, kCompared);
  const auto size = static_cast<std::size_t>(*length - from);
  const Result<std::string> mine = bytes_at(path, from, size), theirs = bytes_at(other, from, size);
  if (!mine) return mine.error();
  if (!theirs) return theirs.error();
  return *mine == *theirs;
}

std::int64_t changed_ns_of(const struct stat& status) {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * kNsPerSecond + status.st_mtim.tv_nsec;
}

}  // namespace mlmon
