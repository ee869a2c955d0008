#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/event/event_fields.h"
#include "core/event/slot.h"
#include "core/text/json_tape.h"

namespace mlmon {

/// A line as literal bytes and slots for the values between them: `{"type":"metrics","model":` kModel
/// `,"f1":` kF1 `,"captured_at":"` kEventTime `"}` kEnd.
///
/// It is cut from a line that is an event, so that any line with the same literal bytes is one too and
/// of the same kind, if only each of its values fits its slot: names of members, the order of them and
/// whatever decides by presence are literal. So are values that say what others mean (`type`,
/// `specversion`) and values that need a second look: null in place of a known member, arrays.
class LineShape {
 public:
  struct Part {
    std::string_view literal;  // of the line
    Slot slot;                 // behind it
  };

  /// `nan_is_null`: see JsonTape.
  explicit LineShape(bool nan_is_null = false) : tape_(nan_is_null) {}

  /// Cuts a line that is an event of that kind. False: lines like it are better left to the parser.
  bool cut(std::string_view line, std::uint32_t kind);

  /// Of the line that was cut last.
  const std::vector<Part>& parts() const { return parts_; }

 private:
  enum class Of { kEnvelope, kEvent, kTexts, kNumbers, kIgnored };  // whose members

  bool cut_members(std::size_t begin, std::size_t end, Of of);
  bool cut_member(std::size_t index, Of of);
  bool cut_event_member(std::size_t index);
  bool cut_figure(const JsonMember& member, Field field);
  bool cut_ignored(std::size_t index);
  bool cut_inside(std::size_t index, Of of);
  bool cut_text(const JsonMember& member, Slot slot);
  bool add_slot(std::string_view value, Slot slot);

  JsonTape tape_;
  std::uint32_t kind_ = 0;
  FieldSet known_;
  const char* cut_to_ = nullptr;
  std::vector<Part> parts_;
};

}  // namespace mlmon
