#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// A member of an event's JSON that somebody wants as a column.
struct Projection {
  enum class Type : std::uint8_t { kNumber = 1, kInteger, kBoolean, kText, kJson };  // MLMON_COLUMN_*

  std::string pointer;  // RFC 6901, into the event object
  Type type = Type::kNumber;
  std::string event_type;  // only in events of this type; empty: in all

  friend bool operator==(const Projection&, const Projection&) = default;
};

inline constexpr std::size_t kMostPointerTokens = 64;

/// The tokens of a JSON pointer, unescaped. False: it is none, or has more than kMostPointerTokens.
bool split_json_pointer(std::string_view pointer, std::vector<std::string>& tokens);

/// The values of one projection, one for each row of a batch.
struct ProjectedColumn {
  Projection::Type type = Projection::Type::kNumber;
  std::vector<double> numbers;                  // NaN: absent
  std::vector<std::int64_t> integers;           // kAbsentInteger; a boolean is 0 or 1
  std::vector<std::uint32_t> text_off, text_len;  // in ProjectedColumns::text; off kAbsentText
};
inline constexpr std::int64_t kAbsentInteger = INT64_MIN;
inline constexpr std::uint32_t kAbsentText = UINT32_MAX;

/// All projections of a batch.
struct ProjectedColumns {
  std::vector<ProjectedColumn> columns;  // in the order of the projections
  std::string text;                      // of all of them

  void clear();
  void cut(std::size_t rows);
  void keep_rows(const std::vector<std::uint32_t>& kept);  // ascending
};

}  // namespace mlmon
