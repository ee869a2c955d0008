#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/event/event.h"
#include "core/text/json_tape.h"

namespace mlmon {

/// Collects what is wrong with a line and keeps the problem whose reason applies first. Text is
/// only made for a problem that is kept.
class Complaint {
 public:
  void begin();

  bool any() const { return any_; }
  BadReason reason() const { return reason_; }
  const std::string& detail() const { return detail_; }

  /// While it lives, names that are complained about stand within this object: "model.name".
  class Inside {
   public:
    Inside(Complaint& complaint, std::string_view object) : complaint_(complaint) {
      complaint_.path_[complaint_.depth_++] = object;
    }
    ~Inside() { --complaint_.depth_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Complaint& complaint_;
  };

  /// About the line as a whole.
  void line(BadReason reason, std::string detail);

  void missing(std::string_view name, std::string_view why = "missing");

  /// From here on nothing is missing: the type is not known, nor what the event must have.
  void ignore_missing() { missing_counts_ = false; }

  void duplicate(std::string_view name);

  /// "NAME: expected EXPECTED, got FOUND" + `hint`
  void unexpected(BadReason reason, std::string_view name, std::string_view expected,
                  const JsonMember& found, std::string_view hint = {});

 private:
  static constexpr std::size_t kMaxPath = 4;  // data.features.NAME

  bool keeps(BadReason reason) const { return !any_ || reason < reason_; }
  void keep(BadReason reason, std::string_view name, std::string_view what);

  bool any_ = false;
  bool missing_counts_ = true;
  BadReason reason_ = BadReason::kTruncated;
  std::string detail_;
  std::array<std::string_view, kMaxPath> path_;
  std::size_t depth_ = 0;
};

/// A value for people: "an object", "an array", or its text, shortened, with control characters
/// escaped.
std::string describe(JsonType type, std::string_view value);

}  // namespace mlmon
