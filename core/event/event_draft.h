#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event/event_members.h"

namespace mlmon {

/// An event that is about to be written. It takes any values, also wrong ones and the same twice: what
/// its line is worth, the EventParser says, in its own words.
class EventDraft {
 public:
  /// REQUIRES: kMetrics or kDrift.
  explicit EventDraft(std::uint32_t kind) : kind_(kind) {}

  std::uint32_t kind() const { return kind_; }

  /// The value as somebody typed it: where a number belongs, a text that is one is a number.
  void put_text(const MemberPath& path, std::string_view text);
  void put_number(const MemberPath& path, double number);

  bool has(Field field) const;

  /// Has anything that an event of its kind is about: a figure.
  bool has_figure() const;

  /// Forgets all values, and keeps the memory.
  void clear();

  /// One line, without newline.
  void append_line(std::string& out) const;

 private:
  struct Value {
    Field field;
    Field part;  // of a feature
    std::size_t key, json, end;  // where the key and the JSON begin in text_, and where that ends
  };

  Value& add(const MemberPath& path);
  std::string_view key_of(const Value& value) const;
  std::string_view json_of(const Value& value) const;

  void append_member(std::string& out, const EventMember& member) const;
  void append_model(std::string& out) const;
  void append_features(std::string& out) const;
  void append_keyed(std::string& out, Field field) const;

  std::uint32_t kind_;
  std::vector<Value> values_;
  std::string text_;  // keys and JSON of all values
};

}  // namespace mlmon
