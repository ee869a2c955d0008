#include "core/isolation/frame.h"

#include <bit>
#include <cstring>

namespace mlmon {
namespace {

template <class T>
void append_raw(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little, "frames are little-endian");
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T number_of(std::string_view bytes) {
  T value = 0;
  if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

FrameWriter::FrameWriter(FrameKind kind) {
  append_raw(bytes_, std::uint32_t{0});
  append_raw(bytes_, static_cast<std::uint32_t>(kind));
}

FrameWriter& FrameWriter::u32(std::uint32_t value) {
  append_raw(bytes_, value);
  return *this;
}

FrameWriter& FrameWriter::u64(std::uint64_t value) {
  append_raw(bytes_, value);
  return *this;
}

FrameWriter& FrameWriter::text(std::string_view value) {
  append_raw(bytes_, static_cast<std::uint32_t>(value.size()));
  bytes_ += value;
  return *this;
}

std::size_t FrameWriter::content_size() const { return bytes_.size() - kFrameHead; }

std::string FrameWriter::take() {
  const auto size = static_cast<std::uint32_t>(content_size());
  std::memcpy(bytes_.data(), &size, sizeof size);
  return std::move(bytes_);
}

std::string_view FrameReader::take(std::size_t size) {
  if (size > rest_.size()) {
    short_ = true;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint32_t FrameReader::u32() { return number_of<std::uint32_t>(take(4)); }
std::uint64_t FrameReader::u64() { return number_of<std::uint64_t>(take(8)); }
std::string_view FrameReader::text() { return take(u32()); }

}  // namespace mlmon
