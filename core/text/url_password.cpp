#include "core/text/url_password.h"

#include <algorithm>

namespace mlmon {
namespace {

constexpr std::string_view kEndOfUrl = "\\\"'<> \t\r\n";

/// What stands after host and port of a URL.
void append_query(std::string& out, std::string_view text) {
  constexpr std::string_view kPassword = "password=";
  for (std::size_t at = text.find(kPassword); at != std::string_view::npos; at = text.find(kPassword)) {
    const std::size_t begin = at + kPassword.size();
    const std::size_t end = std::min(text.find_first_of("&#", begin), text.size());
    out.append(text, 0, begin).append("***");
    text.remove_prefix(end);
  }
  out.append(text);
}

}  // namespace

/// https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1: what stands between `://` and `@` is user and password.
std::string without_url_passwords(std::string_view text) {
  constexpr std::string_view kSlashes = "://";
  constexpr std::string_view kEndOfAuthority = "/?#\\\"'<> \t\r\n";
  std::string out;
  for (std::size_t at = text.find(kSlashes); at != std::string_view::npos; at = text.find(kSlashes)) {
    const std::size_t begin = at + kSlashes.size();
    const std::size_t end = std::min(text.find_first_of(kEndOfAuthority, begin), text.size());
    const std::string_view authority = text.substr(begin, end - begin);
    const std::size_t mark = authority.rfind('@');
    const std::size_t colon = authority.substr(0, std::min(mark, authority.size())).find(':');
    if (mark == std::string_view::npos || colon == std::string_view::npos) {
      out.append(text, 0, end);
    } else {
      out.append(text, 0, begin + colon + 1).append("***").append(authority.substr(mark));
    }
    text.remove_prefix(end);
    const std::size_t rest = std::min(text.find_first_of(kEndOfUrl), text.size());
    append_query(out, text.substr(0, rest));
    text.remove_prefix(rest);
  }
  return out.append(text);
}

}  // namespace mlmon
