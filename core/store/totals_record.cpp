#include "core/store/totals_record.h"

#include <utility>

#include "core/store/query.h"

namespace mlmon {

Result<TotalsRecord> TotalsRecord::open(Database& database) {
#define MLMON_ADD_TO_TOTAL "ON CONFLICT (name, first, second) DO UPDATE SET value = totals.value + excluded.value"
  auto writer = database.group_writer(
      "INSERT INTO totals (name, first, second, value) VALUES (?, ?, ?, ?) " MLMON_ADD_TO_TOTAL,
      "INSERT INTO totals (name, first, second, value) SELECT name, first, second, sum(value) FROM "
      "unnest(?::text[], ?::text[], ?::text[], ?::bigint[]) AS u (name, first, second, value) "
      "GROUP BY name, first, second " MLMON_ADD_TO_TOTAL);
#undef MLMON_ADD_TO_TOTAL
  if (!writer) return writer.error();
  return TotalsRecord(std::move(*writer));
}

Result<void> TotalsRecord::add(std::string_view name, std::string_view first,
                               std::string_view second, std::uint64_t more) {
  return writer_->add(name, first, second, static_cast<std::int64_t>(more));
}

}  // namespace mlmon
