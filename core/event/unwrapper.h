#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/event/projector.h"
#include "core/text/json_tape.h"
#include "core/text/unescaped_text.h"

namespace mlmon {

/// Takes a line out of the object that a container runtime or a shipper put around it: `{"log":"…","stream":
/// "stdout"}`. Not thread-safe.
class Unwrapper {
 public:
  /// `pointers`: JSON pointers, the first that leads to a text or an object counts. None: nothing is ever looked at.
  Unwrapper(const std::vector<std::string>& pointers, bool nan_is_null);

  /// What stands there: of a text what it says (less NUL bytes at its start), else the object; the line itself where there is neither, or where
  /// it is not JSON. Valid until the next call.
  std::string_view inside(std::string_view line);

 private:
  std::string_view look_inside(std::string_view line);

  const bool off_;
  JsonTape tape_;
  Projector projector_;
  ProjectedColumns found_;  // of one line
  UnescapedText text_;
};

}  // namespace mlmon
