#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// What a column holds.
enum class ColumnKind { kInteger, kText, kBytes };

struct StateColumn {
  std::string name;
  ColumnKind kind = ColumnKind::kText;
};

/// A table of a state.
struct StateTable {
  std::string name;
  std::vector<StateColumn> columns;
  std::vector<std::string> key;  // names of the columns that tell its rows apart
};

/// All tables of a state, by name; read off the schema.
Result<std::vector<StateTable>> state_tables();

}  // namespace mlmon
