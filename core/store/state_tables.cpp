#include "core/store/state_tables.h"

#include "core/store/query.h"
#include "core/store/state_schema.h"

namespace mlmon {
namespace {

ColumnKind kind_of_column(std::string_view type) {
  if (type == "INTEGER") return ColumnKind::kInteger;
  return type == "TEXT" ? ColumnKind::kText : ColumnKind::kBytes;  // BLOB, TEXT_BYTES
}

}  // namespace

Result<std::vector<StateTable>> state_tables() {
  std::vector<StateTable> tables;
  Result<Database> empty = Database::open_temporary();
  if (!empty) return empty.error();
  if (const auto made = create_schema(*empty); !made) return made.error();
  const auto read = each_row_of(
      *empty,
      "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t JOIN pragma_table_info(t.name) c "
      "WHERE t.type = 'table' ORDER BY t.name, c.cid",
      [&](const Statement& row) {
        if (tables.empty() || tables.back().name != row.text(0)) tables.push_back({std::string(row.text(0)), {}, {}});
        tables.back().columns.push_back({std::string(row.text(1)), kind_of_column(row.text(2))});
        if (row.integer(3) > 0) tables.back().key.emplace_back(row.text(1));
      });
  if (!read) return read.error();
  return tables;
}

}  // namespace mlmon
