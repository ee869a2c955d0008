#include "plugins/rules/window.h"

#include <charconv>

namespace mlmon::rules {
namespace {

std::optional<unsigned> count_in(std::string_view text) {
  unsigned count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || stop != end) return std::nullopt;
  return count;
}

}  // namespace

std::optional<Window> Window::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto needed = count_in(text.substr(0, slash)), of = count_in(text.substr(slash + 1));
  if (!needed || !of || *needed < 1 || *needed > *of || *of > kMost) return std::nullopt;
  Window window;
  window.needed_ = *needed;
  window.of_ = *of;
  return window;
}

}  // namespace mlmon::rules
