#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/event/complaint.h"
#include "core/event/event_fields.h"
#include "core/event/event_members.h"
#include "core/event/instant.h"
#include "core/event/rfc3339.h"
#include "core/text/json_tape.h"
#include "core/text/unescaped_text.h"

namespace mlmon {

/// 1 to `most` bytes, none of them a control character (U+0000 to U+001F, U+007F).
bool is_plain_text(std::string_view text, std::size_t most);

/// Reads members of one line as the types that the contract asks for. What does not fit goes to the
/// complaint, under the name it is called by; then `value` is left alone and the answer is false.
class ValueReader {
 public:
  ValueReader(bool nan_is_null, bool lenient_times)
      : tape_(nan_is_null),
        times_(lenient_times ? TimeRule::kLenient : TimeRule::kStrict) {}

  /// Validates and indexes a new line. False: it is not one JSON object in valid UTF-8.
  bool begin(std::string_view line, bool utf8_checked);

  Complaint& complaint() { return complaint_; }
  std::string_view line_object() const { return tape_.value(); }
  ObjectFields line_fields() { return {tape_, 0, tape_.members().size(), text_}; }

  /// REQUIRES: an object, read only once.
  ObjectFields fields_of(const JsonMember& object) {
    return {tape_, index_of(object) + 1, object.next, text_};
  }

  /// Calls visit(member, name) for each member in the order of the text.
  template <class Visit>
  void for_each(const JsonMember& object, Visit visit) {
    const std::vector<JsonMember>& members = tape_.members();
    for (std::size_t i = index_of(object) + 1; i < object.next; i = members[i].next) {
      visit(members[i], key_of(members[i], text_));
    }
  }

  bool expect_object(const JsonMember& member, std::string_view name);
  bool read_number(const JsonMember& member, std::string_view name, const NumberRule& rule,
                   double& value);
  bool read_string(const JsonMember& member, std::string_view name, std::string_view& value,
                   std::string_view expected = "a string");
  bool read_time(const JsonMember& member, std::string_view name, Instant& value);

  bool require(const ObjectFields& fields, Field field);
  bool read_required(const ObjectFields& fields, Field field, std::string_view& value);
  bool read_optional(const ObjectFields& fields, Field field, std::string_view& value);
  void report_twice(const ObjectFields& fields, FieldSet known);

 private:
  std::size_t index_of(const JsonMember& member) const {
    return static_cast<std::size_t>(&member - tape_.members().data());
  }

  JsonTape tape_;
  TimeRule times_;
  UnescapedText text_;
  Complaint complaint_;
};

}  // namespace mlmon
