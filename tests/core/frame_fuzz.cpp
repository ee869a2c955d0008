#include "tests/core/frame_fuzz.h"

#include <cstring>
#include <utility>

namespace mlmon {
namespace {

constexpr std::size_t kHead = 8;  // length and kind

std::string joined(const std::vector<std::string>& frames) {
  std::string bytes;
  for (const std::string& frame : frames) bytes += frame;
  return bytes;
}

void set_length(std::string& frame) {
  const auto size = static_cast<std::uint32_t>(frame.size() - kHead);
  std::memcpy(frame.data(), &size, sizeof size);
}

std::string returned(std::uint32_t counter, std::uint64_t more) {
  return FrameWriter(FrameKind::kReturn).i32(0).text("").u32(1).u32(counter).u64(more).take();
}

}  // namespace

std::string FrameMaker::good_life(std::uint32_t calls) {
  const Frames frames = life(calls);
  frames_ += frames.size();
  return joined(frames);
}

std::string FrameMaker::bad_life(std::uint32_t calls) {
  Frames frames = life(calls);
  for (std::uint32_t n = 1 + below(4); n > 0; --n) mutate(frames);
  frames_ += frames.size();
  std::string bytes = joined(frames);
  if (one_in(3) && !bytes.empty()) bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
  if (one_in(8)) bytes.resize(below(bytes.size() + 1));
  return bytes;
}

FrameMaker::Frames FrameMaker::life(std::uint32_t calls) {
  Frames frames = {
      FrameWriter(FrameKind::kProject).u32(1).text("/f1").text("").take(),
      FrameWriter(FrameKind::kSubscribe).text("custom").take(),
      FrameWriter(FrameKind::kCounter).text("seen").text("events").take(),
      FrameWriter(FrameKind::kTickEvery).i64(one_in(2) ? 0 : 3'000'000'000).take(),
      returned(0, 1)};
  for (std::uint32_t call = 0; call < calls; ++call) add_call(frames);
  frames.push_back(FrameWriter(FrameKind::kLog).i32(2).text("going").take());
  return frames;
}

/// About the first row, which is there in a batch and in a tick, and the first model.
void FrameMaker::add_call(Frames& frames) {
  for (std::uint32_t n = below(5); n > 0; --n) {
    switch (below(8)) {
      case 0:
        frames.push_back(FrameWriter(FrameKind::kAct).u32(0).u32(1).text(one_in(2) ? "alert" : "retrain")
                             .text("low").text("").text(fields()).take());
        break;
      case 1:
        frames.push_back(FrameWriter(FrameKind::kSuppress).u32(0).u32(1).u32(1).i64(5).text("retrain").text("low")
                             .text("cooldown").text(fields()).take());
        break;
      case 2:
        frames.push_back(FrameWriter(FrameKind::kEmit).u32(0).u32(1).text("seen").text(fields()).take());
        break;
      case 3:
        frames.push_back(FrameWriter(FrameKind::kPut).u32(below(2)).text("key").text("value").take());
        break;
      case 4:
        frames.push_back(FrameWriter(FrameKind::kDelete).u32(below(2)).text("key").take());
        break;
      case 5:
        frames.push_back(FrameWriter(FrameKind::kKind).u32(1 + below(3)).take());
        break;
      case 6:
        frames.push_back(FrameWriter(FrameKind::kRaw).u32(below(3)).take());
        break;
      default:
        frames.push_back(FrameWriter(FrameKind::kLog).i32(static_cast<std::int32_t>(below(5))).text("text").take());
    }
  }
  frames.push_back(returned(0, below(3)));
}

std::string FrameMaker::fields() {
  static const std::vector<std::string> kGood = {"{}", R"({"value":0.5,"threshold":0.6,"metric":"f1"})",
                                                 R"({"reason":"low","own":{"a":[1,2]}})"};
  return any_of(kGood);
}

/// A number at the edge of something.
std::uint32_t FrameMaker::edge() {
  static const std::vector<std::uint32_t> kEdges = {
      0, 1, 2, 3, 16, 255, 4096, kMostFrameBytes, kMostFrameBytes + 1, 0x7fffffff, 0x80000000, 0xfff0bdc0, 0xffffffff};
  return any_of(kEdges);
}

std::string FrameMaker::anything() {
  static const std::vector<std::string> kTexts = {
      "", "key", "mlmon:stolen", "metrics", "seen", "retrain", "{", "[]", R"({"id":"x","action":"y"})",
      R"({"a":1,"a":2})", R"({"value":1e999})", "{\"a\":\"\xff\"}", "/f1/0", "f1", std::string("\0\n\x7f", 3),
      std::string(2000, '['), std::string(1100, 'k')};
  FrameWriter frame(static_cast<FrameKind>(one_in(4) ? below(200) : below(17)));
  for (std::uint32_t parts = below(9); parts > 0; --parts) {
    switch (below(4)) {
      case 0:
        frame.u32(below(3));
        break;
      case 1:
        frame.u32(edge());
        break;
      case 2:
        frame.u64(random_());
        break;
      default:
        frame.text(any_of(kTexts));
    }
  }
  return frame.take();
}

void FrameMaker::mutate(Frames& frames) {
  if (frames.empty()) return;
  const std::size_t at = below(frames.size());
  std::string& frame = frames[at];
  switch (below(8)) {
    case 0:
      frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(at), std::string(frame));
      break;
    case 2:
      std::swap(frame, frames[below(frames.size())]);
      break;
    case 3:
      frame.resize(kHead + below(frame.size() - kHead + 1));
      set_length(frame);
      break;
    case 4:
      frame.append(1 + below(9), static_cast<char>(below(256)));
      set_length(frame);
      break;
    case 5:
      if (frame.size() < kHead + sizeof(std::uint32_t)) break;
      {
        const std::uint32_t number = edge();
        const std::size_t place = one_in(6) ? 0 : kHead + below(frame.size() - kHead - sizeof number + 1);
        std::memcpy(frame.data() + place, &number, sizeof number);
      }
      break;
    case 6:
      frame = anything();
      break;
    default:
      frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(at), anything());
  }
}

}  // namespace mlmon
