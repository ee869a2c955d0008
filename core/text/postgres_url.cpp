#include "core/text/postgres_url.h"

#include <strings.h>

#include <algorithm>
#include <cctype>

namespace mlmon {
namespace {

bool is_of_scheme(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.'; }

bool is_same_word(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

bool looks_like_url(std::string_view place) {
  const std::size_t size =
      static_cast<std::size_t>(std::find_if_not(place.begin(), place.end(), is_of_scheme) - place.begin());
  if (size == 0 || !place.substr(size).starts_with(':')) return false;
  if (place.substr(size).starts_with("://")) return true;
  const std::string_view scheme = place.substr(0, size);
  return is_same_word(scheme, "postgres") || is_same_word(scheme, "postgresql");
}

}  // namespace mlmon
