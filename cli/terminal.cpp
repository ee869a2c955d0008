#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/text/json_text.h"

namespace mlmon {
namespace {

constexpr std::size_t kUsualWidth = 80;

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

bool colors_are_wanted() {
  const std::string_view term = variable("TERM");
  return variable("NO_COLOR").empty() && !term.empty() && term != "dumb";
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

Terminal::Terminal(int fd)
    : fd_(fd), is_terminal_(isatty(fd) == 1), wants_color_(is_terminal_ && colors_are_wanted()) {}

Terminal::~Terminal() { show_status(""); }

std::size_t Terminal::width() const {
  winsize size{};
  if (ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

bool Terminal::write(std::string_view lines) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return write_all(fd_, blank().append(lines).append(status_));
}

void Terminal::show_status(std::string_view text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (text.empty() && status_.empty()) return;
  std::string out = "\r";
  out += text;
  // Blanks over the rest of a longer one: it does not flicker, and needs no escape sequences.
  const std::size_t before = columns(status_), now = columns(text);
  if (before > now) out += std::string(before - now, ' ') + "\r" + std::string(text);
  write_all(fd_, out);
  status_ = text;
}

/// What takes the status line away.
std::string Terminal::blank() const {
  if (status_.empty()) return {};
  return "\r" + std::string(columns(status_), ' ') + "\r";
}

Terminal::Aside::Aside(Terminal& terminal) : terminal_(terminal), lock_(terminal.mutex_) {
  write_all(terminal_.fd_, terminal_.blank());
}

Terminal::Aside::~Aside() { write_all(terminal_.fd_, terminal_.status_); }

Result<void> OutputAside::write(std::string_view lines) {
  const Terminal::Aside aside(terminal_);
  return output_.write(lines);
}

Result<void> OutputAside::complete(std::string_view lines,
                                   const std::optional<OutputPlace>& known) {
  const Terminal::Aside aside(terminal_);
  return output_.complete(lines, known);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // whoever else has it open made it non-blocking
      pollfd room{fd, POLLOUT, 0};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (const char byte : text) count += begins_character(byte) ? 1 : 0;
  return count;
}

std::size_t table_width(int fd) {
  return isatty(fd) == 1 ? Terminal(fd).width() : static_cast<std::size_t>(-1);
}

std::string cut(std::string_view text, std::size_t limit) {
  if (columns(text) <= limit) return std::string(text);
  std::size_t end = 0;
  for (std::size_t left = limit; end < text.size(); ++end) {
    if (begins_character(text[end]) && left-- == 1) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  append_printable(out, text);
  return limit == 0 ? out : cut(out, limit);
}

}  // namespace mlmon
