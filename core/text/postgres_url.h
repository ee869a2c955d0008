#pragma once

#include <string_view>

namespace mlmon {

/// It names a database of PostgreSQL and not a folder.
inline bool is_postgres_url(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

}  // namespace mlmon
