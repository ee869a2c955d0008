#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlmon {

/// The version of the protocol between host and child: sdk/PROTOCOL.md.
inline constexpr std::uint32_t kProtocolVersion = 1;

/// Bytes of a frame's content, at most.
inline constexpr std::uint32_t kMostFrameBytes = 4 * 1024 * 1024;

/// Bytes before a frame's content: its length and its kind.
inline constexpr std::size_t kFrameHead = 8;

/// What a frame is. Those below 100 come from the child.
enum class FrameKind : std::uint32_t {
  kHello = 1,
  kReturn = 2,
  kLog = 3,
  kAct = 4,  // answered, as all from kProject on are
  kSuppress = 5,
  kEmit = 6,
  kPut = 7,
  kDelete = 8,
  kProject = 9,
  kSubscribe = 10,
  kCounter = 11,
  kTickEvery = 12,
  kKind = 13,
  kRaw = 14,
  kExplanation = 15,  // not answered

  kCreate = 101,
  kModels = 102,
  kState = 103,
  kBatch = 104,
  kTick = 105,
  kFinish = 106,
  kMigrate = 107,
  kAnswer = 108,
  kDestroy = 109,
  kExplain = 110,
};

/// Bits of the number that a child tells of its class in kHello.
inline constexpr std::uint32_t kHasTick = 1, kHasFinish = 2, kHasMigrate = 4, kWantsRaw = 8, kObserves = 16,
                               kDelivers = 32, kDense = 64, kHasExplain = 128;  // dense: subscribed rows only

/// Writes one frame: length of the content, kind, content. Integers are little-endian, a text is its length
/// in 32 bits and its bytes.
class FrameWriter {
 public:
  explicit FrameWriter(FrameKind kind);

  FrameWriter& u32(std::uint32_t value);
  FrameWriter& u64(std::uint64_t value);
  FrameWriter& i32(std::int32_t value) { return u32(static_cast<std::uint32_t>(value)); }
  FrameWriter& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
  FrameWriter& text(std::string_view value);

  std::size_t content_size() const;

  /// The frame. Call once, last.
  std::string take();

 private:
  std::string bytes_;
};

/// Reads the content of a frame that somebody else made: what is missing is 0 or empty, and then whole() is
/// false. The bytes must outlive it and the texts.
class FrameReader {
 public:
  explicit FrameReader(std::string_view content) : rest_(content) {}

  std::uint32_t u32();
  std::uint64_t u64();
  std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  std::string_view text();

  /// Everything that was asked for was there, and nothing is left.
  bool whole() const { return !short_ && rest_.empty(); }

  /// Everything that was asked for was there.
  bool ok() const { return !short_; }

 private:
  std::string_view take(std::size_t size);

  std::string_view rest_;
  bool short_ = false;
};

}  // namespace mlmon
