#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/event/event_parser.h"
#include "core/result.h"

namespace mlmon {

/// The file that bad lines are appended to, one JSON object a line:
/// `{"source","line","offset","reason","detail","raw"}`, with the line as base64 (RFC 4648, section
/// 4) in `raw_base64` in place of `raw` where it is no UTF-8. Belongs to one thread.
class Quarantine {
 public:
  /// Opens the file, or makes it. The error names it.
  static Result<Quarantine> open(const std::string& path);
  Quarantine(Quarantine&& other) noexcept;
  Quarantine& operator=(Quarantine&&) = delete;
  ~Quarantine();

  /// Kept in memory until there are 64 KiB, or flush().
  void add(std::string_view source, std::uint64_t line, std::uint64_t offset, const BadLine& bad,
           std::string_view raw);
  void flush();

  /// Writes what is left: what was added until now stays. Fails if any write since the last call did; then
  /// nothing of what was added since stays, and nothing more is written.
  Result<void> commit();

  /// The first write that failed.
  const std::optional<Error>& error() const { return error_; }

 private:
  Quarantine(int fd, std::string path);
  void take_back(std::uint64_t end);

  int fd_;
  std::string path_;
  std::string waiting_;
  std::uint64_t written_ = 0;  // bytes since the last commit()
  std::optional<Error> error_;
};

/// One line of the file, newline included.
std::string quarantine_json(std::string_view source, std::uint64_t line, std::uint64_t offset,
                            const BadLine& bad, std::string_view raw);

}  // namespace mlmon
