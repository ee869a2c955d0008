#pragma once

#include <string>

#include "core/store/database.h"
#include "core/store/postgres.h"

namespace mlmon {

// A state in PostgreSQL: the tables of a state folder's database, in the first schema of the search path. A row of
// its own says that they are ours, and their version.

/// Connects; makes the tables with `create` where there are none. A newer or foreign state is refused, and left as it
/// is. A run has the right to be the only one when this is over.
Result<Database> open_postgres_state(const std::string& url, bool create, PostgresOptions options = {});

/// A run has made its tables there. Also true where that cannot be found out: opening it says why not.
bool holds_postgres_state(const std::string& url);

/// The version of its tables; 0: it has none.
Result<std::int64_t> postgres_state_version(Database& database);

/// Bytes of its tables and their indexes.
Result<std::int64_t> postgres_state_bytes(Database& database);

/// How many of its tables the session's role may not read and write.
Result<std::int64_t> postgres_closed_tables(Database& database);

}  // namespace mlmon
