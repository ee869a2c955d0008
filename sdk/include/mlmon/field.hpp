// mlmon/field.hpp - members of an event's JSON that an observer asked for, as columns.
//
// Made by Setup::number_field() and its like, in an observer's constructor. A handle is a number: copy
// it freely. What an event does not carry, or not as that type, is NaN or std::nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "batch.hpp"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

/// Any of the handles below: the number of a column.
class Field {
 public:
  std::uint32_t column() const { return column_; }

 protected:
  explicit Field(std::uint32_t column) : column_(column) {}
  const mlmon_column& of(const mlmon_batch& batch) const { return *batch.columns[column_]; }

 private:
  std::uint32_t column_;
};

class NumberField : public Field {
 public:
  explicit NumberField(std::uint32_t column) : Field(column) {}
  double operator()(const Event& event) const { return of(event.batch()).numbers[event.row()]; }
  Column<double> operator()(const Batch& batch) const {
    return {of(batch.columns()).numbers, batch.columns().rows};
  }
};

class IntegerField : public Field {
 public:
  explicit IntegerField(std::uint32_t column) : Field(column) {}
  std::optional<std::int64_t> operator()(const Event& event) const {
    const std::int64_t value = of(event.batch()).integers[event.row()];
    if (value == MLMON_ABSENT_INTEGER) return std::nullopt;
    return value;
  }
  Column<std::int64_t> operator()(const Batch& batch) const {  // MLMON_ABSENT_INTEGER
    return {of(batch.columns()).integers, batch.columns().rows};
  }
};

class BooleanField : public Field {
 public:
  explicit BooleanField(std::uint32_t column) : Field(column) {}
  std::optional<bool> operator()(const Event& event) const {
    const std::int64_t value = of(event.batch()).integers[event.row()];
    if (value == MLMON_ABSENT_INTEGER) return std::nullopt;
    return value != 0;
  }
};

/// A string, or with Setup::json_field() any value as it stands in the line. Valid until on_batch returns.
class TextField : public Field {
 public:
  explicit TextField(std::uint32_t column) : Field(column) {}
  std::optional<std::string_view> operator()(const Event& event) const {
    const mlmon_column& column = of(event.batch());
    const std::uint32_t at = column.text_off[event.row()];
    if (at == MLMON_ABSENT_TEXT) return std::nullopt;
    return std::string_view(column.text + at, column.text_len[event.row()]);
  }
};

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
