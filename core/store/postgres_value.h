#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/database.h"

namespace mlmon {

/// The types of PostgreSQL that ours are: INTEGER, TEXT, BLOB.
enum class PostgresType : unsigned { kInteger = 20, kText = 25, kBytes = 17 };

/// Text as PostgreSQL takes it, UTF-8 without NUL: U+FFFD stands for anything else. `room` holds it if it is not
/// `text` itself.
std::string_view postgres_text(std::string_view text, std::string& room);

/// A column of many rows, as an array in PostgreSQL's binary format.
class PostgresArray {
 public:
  void add(std::int64_t value);
  void add(std::string_view text);
  void add(Bytes bytes);
  void clear();

  unsigned type() const;  // its object id
  std::string_view bytes();

 private:
  void begin(PostgresType type);

  PostgresType type_ = PostgresType::kText;
  std::uint32_t count_ = 0;
  std::string data_, room_;
};

/// The parameters of a statement in PostgreSQL's binary format.
class PostgresValues {
 public:
  void set(std::size_t parameter, std::int64_t value);
  void set(std::size_t parameter, std::string_view text);
  void set(std::size_t parameter, Bytes bytes);
  void set(std::size_t parameter, PostgresArray& array);
  void clear() { values_.clear(); }

  template <class... Values>
  static PostgresValues of(const Values&... values) {
    PostgresValues all;
    std::size_t parameter = 0;
    (all.set(parameter++, values), ...);
    return all;
  }

  /// What libpq asks for.
  struct Raw {
    std::vector<unsigned> types;
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
  };
  Raw raw() const;

  /// Tells statements of the same text apart whose parameters have other types.
  std::string signature() const;

 private:
  struct Value {
    unsigned type = 0;  // 0: NULL
    char integer[8] = {};
    std::string_view bytes;  // or in `integer`, or in `room`
    std::string room;
    bool in_room = false;
  };
  Value& at(std::size_t parameter);

  std::vector<Value> values_;
};

/// What stands in a column of an answer.
std::int64_t postgres_integer(unsigned type, std::string_view bytes);

}  // namespace mlmon
