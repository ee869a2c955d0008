#include "core/store/totals_record.h"

#include <utility>

#include "core/store/query.h"

namespace mlmon {

Result<TotalsRecord> TotalsRecord::open(Database& database) {
  TotalsRecord record(database);
  Result<Statement> add = database.prepare(
      "INSERT INTO totals (name, first, second, value) VALUES (?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET value = value + excluded.value");
  if (!add) return add.error();
  record.add_ = std::move(*add);
  return record;
}

Result<void> TotalsRecord::add(std::string_view name, std::string_view first,
                               std::string_view second, std::uint64_t more) {
  bind_all(add_, name, first, second, static_cast<std::int64_t>(more));
  return database_->run(add_);
}

}  // namespace mlmon
