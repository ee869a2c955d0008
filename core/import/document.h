#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/import/format.h"
#include "core/result.h"

namespace mlmon {

/// Reads a text that is one JSON document, or one in each line, and hands them over in order. The words
/// NaN, Infinity and -Infinity, which Python writes, and numbers beyond the doubles are null. The error
/// says where the text is neither, names a member that stands twice in one object, or is what `take` returned.
Result<void> read_documents(std::string_view text,
                            const std::function<Result<void>(const ImportJson&)>& take);

/// A number, also one that is held as its own text.
bool is_number(const ImportJson& value);

/// The number that the value is. Nothing of anything else; the sink is told of null and of texts ("NaN")
/// under that name.
std::optional<double> figure_of(const ImportJson& value, std::string_view name, ImportSink& sink);

/// The value as text: a string as it is, a number as it is written. Empty of all others.
std::string text_of(const ImportJson& value);

/// The member of an object; null of what is none, or has none.
const ImportJson& member_of(const ImportJson& value, std::string_view name);

/// What a value is, for messages: "an object with "a", "b"".
std::string kind_of(const ImportJson& value);

}  // namespace mlmon
