#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <utility>

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

/// Characters that take two columns, in order: East Asian Width W and F of Unicode 14, and single ones between.
constexpr std::pair<char32_t, char32_t> kWide[] = {
    {0x1100, 0x115F}, {0x231A, 0x231B}, {0x2329, 0x232A}, {0x23E9, 0x23EC}, {0x23F0, 0x23F0},
    {0x23F3, 0x23F3}, {0x25FD, 0x25FE}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267F, 0x267F},
    {0x2693, 0x2693}, {0x26A1, 0x26A1}, {0x26AA, 0x26AB}, {0x26BD, 0x26BE}, {0x26C4, 0x26C5},
    {0x26CE, 0x26CE}, {0x26D4, 0x26D4}, {0x26EA, 0x26EA}, {0x26F2, 0x26F5}, {0x26FA, 0x26FA},
    {0x26FD, 0x26FD}, {0x2705, 0x2705}, {0x270A, 0x270B}, {0x2728, 0x2728}, {0x274C, 0x274E},
    {0x2753, 0x2757}, {0x2795, 0x2797}, {0x27B0, 0x27B0}, {0x27BF, 0x27BF}, {0x2B1B, 0x2B1C},
    {0x2B50, 0x2B50}, {0x2B55, 0x2B55}, {0x2E80, 0x303E}, {0x3041, 0x3247}, {0x3250, 0x4DBF},
    {0x4E00, 0xA4C6}, {0xA960, 0xA97C}, {0xAC00, 0xD7A3}, {0xF900, 0xFAD9}, {0xFE10, 0xFE19},
    {0xFE30, 0xFE6B}, {0xFF01, 0xFF60}, {0xFFE0, 0xFFE6}, {0x16FE0, 0x1B2FB}, {0x1F004, 0x1F004},
    {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320},
    {0x1F32D, 0x1F393}, {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0},
    {0x1F3F4, 0x1F3F4}, {0x1F3F8, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F567},
    {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F},
    {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6DF},
    {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7F0}, {0x1F90C, 0x1F9FF},
    {0x1FA70, 0x1FAF6}, {0x20000, 0x3FFFD},
};

bool is_wide(char32_t character) {
  return std::any_of(std::begin(kWide), std::end(kWide), [=](const auto& range) {
    return range.first <= character && character <= range.second;
  });
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Takes the character that the text begins with; returns its columns. REQUIRES: a text that is not empty.
std::size_t take_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  char32_t character = lead >= 0xF0 ? lead & 0x07U : lead >= 0xE0 ? lead & 0x0FU : lead & 0x1FU;
  std::size_t length = 1;
  for (; length < text.size() && is_continuation(text[length]); ++length) {
    character = character << 6U | (static_cast<unsigned char>(text[length]) & 0x3FU);
  }
  text.remove_prefix(length);
  return length > 1 && is_wide(character) ? 2 : 1;
}

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
  while (!text.empty()) count += take_character(text);
  return count;
}

std::size_t table_width(int fd) {
  return isatty(fd) == 1 ? Terminal(fd).width() : static_cast<std::size_t>(-1);
}

std::string cut(std::string_view text, std::size_t limit) {
  if (columns(text) <= limit) return std::string(text);
  std::string_view rest = text, kept = text.substr(0, 0);
  for (std::size_t used = take_character(rest); used < limit; used += take_character(rest)) {
    kept = text.substr(0, text.size() - rest.size());
  }
  return std::string(kept) + "…";
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  append_printable(out, text);
  return limit == 0 ? out : cut(out, limit);
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : printable(text); }

}  // namespace mlmon
