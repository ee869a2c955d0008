#include "cli/quarantine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "cli/terminal.h"
#include "core/text/json_text.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

constexpr std::size_t kEnough = 64 * 1024;
constexpr mode_t kEverybodyByUmask = 0666;

/// A write that failed may have left a beginning of a line behind.
bool ends_within_line(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  struct stat file {};
  char last = '\n';
  if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_size > 0) {
    if (pread(fd, &last, 1, file.st_size - 1) != 1) last = '\n';
  }
  ::close(fd);
  return last != '\n';
}

/// What errno says about the file.
Error quarantine_error(const std::string& path) {
  return Error{std::generic_category().message(errno), errno}.in("quarantine " + printable(path));
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t there = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < there ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= there ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, text);
}

std::string begun_json(std::string_view source, std::uint64_t line, std::uint64_t offset) {
  std::string out = "{\"source\":";
  append_json_string(out, printable(source));
  return out + ",\"line\":" + std::to_string(line) + ",\"offset\":" + std::to_string(offset);
}

void append_end(std::string& out, std::string_view detail, std::string_view raw) {
  append_member(out, "detail", printable(detail));
  if (is_utf8(raw)) {
    append_member(out, "raw", raw);
  } else {
    append_member(out, "raw_base64", base64(raw));
  }
  out += "}\n";
}

}  // namespace

std::string quarantine_json(std::string_view source, std::uint64_t line, std::uint64_t offset,
                            const BadLine& bad, std::string_view raw) {
  std::string out = begun_json(source, line, offset);
  append_member(out, "reason", to_string(bad.reason));
  append_end(out, bad.detail, raw);
  return out;
}

Result<Quarantine> Quarantine::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kEverybodyByUmask);
  if (fd < 0) return quarantine_error(path);
  Quarantine quarantine(fd, path);
  if (ends_within_line(path)) quarantine.waiting_ = "\n";
  return quarantine;
}

Quarantine::Quarantine(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

Quarantine::Quarantine(Quarantine&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      waiting_(std::move(other.waiting_)),
      written_(other.written_),
      error_(std::move(other.error_)) {}

Quarantine::~Quarantine() {
  if (fd_ < 0) return;
  flush();
  ::close(fd_);
}

void Quarantine::add(std::string_view source, std::uint64_t line, std::uint64_t offset,
                     const BadLine& bad, std::string_view raw) {
  if (error_) return;
  waiting_ += quarantine_json(source, line, offset, bad, raw);
  if (waiting_.size() >= kEnough) flush();
}

void Quarantine::add(const PoisonedEvent& event) {
  if (error_) return;
  waiting_ += begun_json(event.source, event.line, event.offset);
  append_member(waiting_, "reason", "observer");
  append_member(waiting_, "observer", event.observer);
  append_end(waiting_, event.detail, event.raw);
}

void Quarantine::flush() {
  if (error_ || waiting_.empty()) return;
  struct stat before {};
  const bool is_file = fstat(fd_, &before) == 0 && S_ISREG(before.st_mode);
  if (write_all(fd_, waiting_)) {
    written_ += waiting_.size();
  } else {
    error_ = quarantine_error(path_);
    if (is_file) take_back(static_cast<std::uint64_t>(before.st_size));
  }
  waiting_.clear();
}

/// The next run finds the same lines again. `end`: of the file, before the write that failed.
void Quarantine::take_back(std::uint64_t end) {
  const auto kept = static_cast<off_t>(end - std::min(end, written_));
  if (ftruncate(fd_, kept) == 0) written_ = 0;
}

Result<void> Quarantine::commit() {
  flush();
  if (error_) return *error_;
  written_ = 0;
  return {};
}

}  // namespace mlmon
