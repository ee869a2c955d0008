#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace mlmon {

/// Eight bytes as a number, the first one lowest.
inline std::uint64_t load_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// A word with that byte in all places.
constexpr std::uint64_t word_of(char byte) {
  return 0x0101010101010101u * static_cast<unsigned char>(byte);
}

/// The top bit of each byte that is less than `limit` (at most 128); exact up to the first such byte
/// (graphics.stanford.edu/~seander/bithacks.html#HasLessInWord).
constexpr std::uint64_t bytes_below(std::uint64_t word, unsigned char limit) {
  return (word - word_of(static_cast<char>(limit))) & ~word & word_of('\x80');
}

/// Digits of a text become their values, other bytes more than 9 (or more than 127).
constexpr std::uint64_t digit_values(std::uint64_t word) { return word ^ word_of('0'); }

/// The top bit of each byte of digit_values() that is no digit; exact up to the first such byte.
constexpr std::uint64_t not_digits(std::uint64_t values) {
  return (values | (values + word_of(0x76))) & word_of('\x80');
}

}  // namespace mlmon
