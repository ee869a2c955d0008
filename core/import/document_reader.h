#pragma once

#include <functional>
#include <string_view>

#include "core/import/format.h"
#include "core/result.h"

namespace mlmon {

/// Gives the value of a JSON text that is known to be right to take(). A member that stands twice in one object is an
/// error: which of the two counts would be a guess. A number that may be written in several ways (1.10) is a binary
/// value, its own text, as is_number() and text_of() know.
Result<void> read_document(std::string_view text, const std::function<Result<void>(const ImportJson&)>& take);

}  // namespace mlmon
