#pragma once

#include <optional>
#include <string_view>

#include "core/log_sink.h"
#include "core/result.h"

namespace mlmon {

/// Makes sure that descriptors 0, 1 and 2 are open, so that no file gets one of their numbers. Call first.
void open_standard_streams();

/// Takes stdout away from everybody else: gives a private descriptor for it, and makes descriptor 1 another
/// name of stderr, so that a plugin's stray printf cannot get between the actions. Call before plugins are
/// loaded; the descriptor stays open.
Result<int> claim_stdout();

/// The same, for those that say what is wrong themselves; nothing: it did not work, and was said.
std::optional<int> claim_stdout(LogSink& log);

/// Writes whole lines to a descriptor for stdout; false: the system did not take them.
bool write_stdout(std::string_view lines, int fd = 1);

}  // namespace mlmon
