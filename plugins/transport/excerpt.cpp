#include "plugins/transport/excerpt.h"

namespace mlmon::transport {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";

/// The length of the well-formed character that begins the text (Unicode 15, table 3-7); 0: none
/// does.
std::size_t well_formed(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = within(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = within(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string excerpt(std::string_view said) {
  const std::size_t begin = said.find_first_not_of(kSpace);
  if (begin == said.npos) return "";
  said.remove_prefix(begin);
  std::string out;
  for (std::size_t at = 0; at < said.size() && at < kMostShown;) {
    const std::size_t length = well_formed(said.substr(at));
    if (at + length > kMostShown) break;
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : said.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return out.erase(out.find_last_not_of(kSpace) + 1);
}

std::string with_excerpt(std::string what, std::string_view said) {
  const std::string shown = excerpt(said);
  return shown.empty() ? what : what + ": " + shown;
}

}  // namespace mlmon::transport
