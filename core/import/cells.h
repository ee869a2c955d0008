#pragma once

#include <optional>
#include <string_view>

#include "core/import/observation.h"
#include "core/result.h"

namespace mlmon {

/// The number in a cell. Nothing, and the sink is told of it under that name: the cell is empty, or says
/// that there is none (NaN, NA, null, inf and the like). The error says that it is neither.
Result<std::optional<double>> read_cell(std::string_view cell, std::string_view name, ImportSink& sink);

/// The cell of a text says that there is none: NaN, NaT, NA, null, None, \N and the like.
bool says_no_text(std::string_view cell);

/// An integer >= 0, also as 1000.0; nothing: it is none.
std::optional<std::int64_t> count_of(std::string_view cell);

}  // namespace mlmon
