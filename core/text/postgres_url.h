#pragma once

#include <string_view>

namespace mlmon {

/// It names a database of PostgreSQL and not a folder.
inline bool is_postgres_url(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

/// It begins with a scheme (https://www.rfc-editor.org/rfc/rfc3986#section-3.1), whichever, or could be meant for one
/// of PostgreSQL: no folder is called so.
bool looks_like_url(std::string_view place);

}  // namespace mlmon
