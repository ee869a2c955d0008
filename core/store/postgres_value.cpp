#include "core/store/postgres_value.h"

#include <charconv>

#include "core/text/utf8.h"

namespace mlmon {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_big(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

/// ASCII without NUL.
bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<signed char>(c) <= 0) return false;
  }
  return true;
}

unsigned array_of(PostgresType type) {
  switch (type) {
    case PostgresType::kInteger: return 1016;
    case PostgresType::kText: return 1009;
    case PostgresType::kBytes: return 1001;
  }
  return 0;
}

}  // namespace

std::string_view postgres_text(std::string_view text, std::string& room) {
  if (is_plain(text)) return text;
  if (is_utf8(text) && text.find('\0') == text.npos) return text;
  room.clear();
  while (!text.empty()) {
    std::size_t size = utf8_length(text);
    if (size == 0 || text.front() == '\0') {
      room += kReplacement;
      size = 1;
    } else {
      room += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return room;
}

// https://www.postgresql.org/docs/15/protocol-overview.html#PROTOCOL-FORMAT-CODES; an array's format is that of
// array_recv() in src/backend/utils/adt/arrayfuncs.c: dimensions, whether there are nulls, the type of its elements;
// of each dimension size and lower bound; of each element its length and bytes.
void PostgresArray::begin(PostgresType type) {
  if (count_++ > 0) return;
  type_ = type;
  data_.clear();
  append_big(data_, 1, 4);
  append_big(data_, 0, 4);
  append_big(data_, static_cast<unsigned>(type), 4);
  append_big(data_, 0, 4);  // the size, known at the end
  append_big(data_, 1, 4);
}

void PostgresArray::add(std::int64_t value) {
  begin(PostgresType::kInteger);
  append_big(data_, 8, 4);
  append_big(data_, static_cast<std::uint64_t>(value), 8);
}

void PostgresArray::add(std::string_view text) {
  begin(PostgresType::kText);
  const std::string_view clean = postgres_text(text, room_);
  append_big(data_, clean.size(), 4);
  data_ += clean;
}

void PostgresArray::add(Bytes bytes) {
  begin(PostgresType::kBytes);
  append_big(data_, bytes.bytes.size(), 4);
  data_ += bytes.bytes;
}

void PostgresArray::clear() { count_ = 0; }

unsigned PostgresArray::type() const { return array_of(type_); }

std::string_view PostgresArray::bytes() {
  std::string size;
  append_big(size, count_, 4);
  constexpr std::size_t kSizeAt = 12;
  data_.replace(kSizeAt, size.size(), size);
  return data_;
}

PostgresValues::Value& PostgresValues::at(std::size_t parameter) {
  if (parameter >= values_.size()) values_.resize(parameter + 1);
  values_[parameter].in_room = false;
  return values_[parameter];
}

void PostgresValues::set(std::size_t parameter, std::int64_t value) {
  Value& at_it = at(parameter);
  at_it.type = static_cast<unsigned>(PostgresType::kInteger);
  for (int i = 7; i >= 0; --i, value >>= 8) at_it.integer[i] = static_cast<char>(value);
}

void PostgresValues::set(std::size_t parameter, std::string_view text) {
  Value& at_it = at(parameter);
  at_it.type = static_cast<unsigned>(PostgresType::kText);
  const std::string_view clean = postgres_text(text, at_it.room);
  at_it.in_room = clean.data() == at_it.room.data() && !clean.empty();
  at_it.bytes = clean;
}

void PostgresValues::set(std::size_t parameter, Bytes bytes) {
  Value& at_it = at(parameter);
  at_it.type = static_cast<unsigned>(PostgresType::kBytes);
  at_it.bytes = bytes.bytes;
}

void PostgresValues::set(std::size_t parameter, PostgresArray& array) {
  Value& at_it = at(parameter);
  at_it.type = array.type();
  at_it.bytes = array.bytes();
}

PostgresValues::Raw PostgresValues::raw() const {
  Raw raw;
  for (const Value& value : values_) {
    const bool is_integer = value.type == static_cast<unsigned>(PostgresType::kInteger);
    const std::string_view bytes = value.in_room ? std::string_view(value.room) : value.bytes;
    const char* const data = is_integer ? value.integer : bytes.data() != nullptr ? bytes.data() : "";
    raw.types.push_back(value.type);
    raw.values.push_back(value.type == 0 ? nullptr : data);
    raw.lengths.push_back(is_integer ? 8 : static_cast<int>(bytes.size()));
    raw.formats.push_back(1);
  }
  return raw;
}

std::string PostgresValues::signature() const {
  std::string types;
  for (const Value& value : values_) {
    types += ' ';
    types += std::to_string(value.type);
  }
  return types;
}

/// bool, int2, int4, int8; numbers in texts as SQLite reads them.
std::int64_t postgres_integer(unsigned type, std::string_view bytes) {
  constexpr unsigned kBool = 16, kInt8 = 20, kInt2 = 21, kInt4 = 23;
  if (type == kBool || type == kInt8 || type == kInt2 || type == kInt4) {
    std::uint64_t value = bytes.empty() || static_cast<signed char>(bytes[0]) >= 0 ? 0 : ~std::uint64_t{0};
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(value);
  }
  std::int64_t value = 0;
  std::from_chars(bytes.data(), bytes.data() + bytes.size(), value);
  return value;
}

}  // namespace mlmon
