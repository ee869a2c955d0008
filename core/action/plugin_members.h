#pragma once

#include <mlmon/abi.h>

#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/text/json_tape.h"
#include "core/text/unescaped_text.h"

namespace mlmon {

/// Reads what a plugin hands over as further members of a line: one JSON object, or nothing. One a thread.
class PluginMembers {
 public:
  /// The text between its braces, on one line; empty: there are none. The error says what cannot be used;
  /// names that are `reserved` cannot.
  Result<std::string> read(mlmon_str fields, std::span<const std::string_view> reserved);

  /// Of what was read last: a member that is a string, and whether one is true. Empty, false: it is not there.
  std::string text(std::string_view name);
  bool flag(std::string_view name) const;

 private:
  const JsonMember* find(std::string_view name) const;

  bool empty_ = true;  // then the tape is of something else
  JsonTape tape_;
  UnescapedText unescaped_;
};

}  // namespace mlmon
