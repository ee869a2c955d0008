#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/database.h"

namespace mlmon {

// The tables `sources` and `own_places`: files as they are known from one run to the next.

Result<std::vector<KnownSource>> read_sources_like(Database& database, const Fingerprint& head);
Result<std::vector<std::uint64_t>> read_head_sizes(Database& database);
Result<std::vector<KnownSource>> read_sources_beginning_with(Database& database, std::string_view text);
Result<std::vector<KnownSource>> read_named_sources(Database& database);

/// The row that the source has, or a new one. Inside a transaction of the caller's, as is the next.
Result<std::int64_t> source_row(Database& database, const KnownSource& source);

/// `rows`: of each.
Result<void> put_sources(Database& database, const std::vector<KnownSource>& sources, const std::vector<std::int64_t>& rows);

}  // namespace mlmon
