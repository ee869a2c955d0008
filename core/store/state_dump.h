#pragma once

#include <functional>
#include <string>

#include "core/store/database.h"
#include "core/store/state_copy.h"

namespace mlmon {

// A state as text, a JSON object a line: `{"mlmon_state":VERSION}`, then each row as `{"table":NAME,"row":{COLUMN:VALUE}}`,
// table by table in the order of state_tables() and of their keys, and `{"tables":N,"rows":N}` at the end, without which
// it is not whole. Bytes that are not UTF-8 are `{"hex":DIGITS}`. The same state gives the same text.

/// Writes it, as it is at one moment, beside runs and whoever else writes.
Result<CopiedState> dump_state(Database& from, const std::function<Result<void>(std::string_view line)>& write);

/// Reads it into empty tables, in one transaction: all of it or, with an error that names the line, nothing. `next` gives
/// each line without its end; false: there is none left.
Result<CopiedState> load_state(Database& to, const std::function<Result<bool>(std::string& line)>& next);

}  // namespace mlmon
