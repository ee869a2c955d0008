#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// Opens the database of a state folder, or of a URL of PostgreSQL (postgres_state.h), makes it if it is not there (with `create`), and brings an older
/// one up to date. A newer or foreign or damaged one is refused with its path, and left as it is.
Result<Database> open_state_database(const std::string& folder, bool create);

/// The same to be read only: an older one stays as it is. On a read-only file system both give a copy (but
/// with `create`), to which nothing can be written.
Result<Database> read_state_database(const std::string& folder);

/// Brings the tables of a database that was opened so, or of its copy, up to date.
Result<void> upgrade_schema(Database& database);

/// What makes them, in SQLite's words.
std::string tables_sql();

/// What brings those of version 3 up to date, likewise.
std::string upgrade_sql_from_3();

/// Makes the tables in a new database.
Result<void> create_schema(Database& database);

/// The version of the tables that this program knows.
inline constexpr std::int64_t kStateVersion = 4;

/// It says that it is an mlmon state database.
Result<bool> is_ours(Database& database);

}  // namespace mlmon
