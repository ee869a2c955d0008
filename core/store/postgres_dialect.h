#pragma once

#include <string>
#include <string_view>

namespace mlmon {

/// A statement of ours as PostgreSQL reads it. Keywords are in capitals. What differs:
///
/// | ours | PostgreSQL's |
/// |---|---|
/// | `?`, `?2` | `$1`, `$2` |
/// | `offset`, `left`: names of columns | in double quotes, they are words of its grammar |
/// | `json ->`, `json ->>`: of a text column of that name | `json::json ->` |
/// | `INDEXED BY name`, `CROSS JOIN t ON`: advice to SQLite's planner | left out; `JOIN t ON` |
std::string postgres_sql(std::string_view sql);

}  // namespace mlmon
