#pragma once

#include <string>

#include "core/run/receipt.h"

namespace mlmon {

/// What is said of a folder without inputs.
inline constexpr const char* kNoInputs =
    "holds no *.ndjson or *.jsonl files (or such with .gz or .zst)";

/// The receipt for people: whole lines. Tables have at most 20 rows, names of others are escaped
/// and cut.
std::string summary_text(const Receipt& receipt);

/// Something in the receipt deserves a look, even by somebody who asked for no summary: bad lines,
/// drops, a failure, actions that did not get through. That an alert fired (exit codes 10 and 11)
/// does not.
bool went_wrong(const Receipt& receipt);

}  // namespace mlmon
