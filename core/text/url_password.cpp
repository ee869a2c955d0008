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
    const std::size_t end = std::min(text.find('&', begin), text.size());
    out.append(text, 0, begin).append("***");
    text.remove_prefix(end);
  }
  out.append(text);
}

/// libpq takes all characters up to the first @ for user and password, unless a slash comes before it
/// (https://www.postgresql.org/docs/15/libpq-connect.html#id-1.7.3.8.3.6).
std::size_t end_of_credentials(std::string_view text, std::size_t slashes, std::size_t begin) {
  const std::string_view before = text.substr(0, slashes);
  if (!before.ends_with("postgres") && !before.ends_with("postgresql")) return std::string_view::npos;
  const std::size_t end = text.find_first_of("@/\n", begin);
  return end < text.size() && text[end] == '@' ? end : std::string_view::npos;
}

}  // namespace

/// https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1: what stands between `://` and `@` is user and password.
std::string without_url_passwords(std::string_view text) {
  constexpr std::string_view kSlashes = "://";
  constexpr std::string_view kEndOfAuthority = "/?#\\\"'<> \t\r\n";
  std::string out;
  for (std::size_t at = text.find(kSlashes); at != std::string_view::npos; at = text.find(kSlashes)) {
    const std::size_t begin = at + kSlashes.size();
    const std::size_t credentials = end_of_credentials(text, at, begin);
    const std::size_t end = std::min(
        text.find_first_of(kEndOfAuthority, credentials != text.npos ? credentials : begin), text.size());
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
