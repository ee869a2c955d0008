// Any bytes as what the children of an isolated observer say, behind the host that the product has. The first byte chooses:
// decisions that were suppressed count, too (bit 0); every second child keeps to the protocol (bit 1); the bytes are contents
// of frames, each behind the byte that is its kind and before kEnd, rather than frames (bit 2).
#include "core/isolation/frame.h"
#include "tests/core/frame_fuzz.h"
#include "tests/core/spoken_child.h"
#include "tests/fuzz/fuzz.h"

namespace mlmon {
namespace {

constexpr std::string_view kEnd = "\xff\xfe\xfd\xfc";
constexpr std::size_t kMostBytes = 64 * 1024;  // that a socket holds for sure

std::string number(std::size_t value) {
  std::string bytes;
  for (int bits = 0; bits < 32; bits += 8) bytes += static_cast<char>(value >> bits & 0xff);
  return bytes;
}

std::string frames_of(FuzzInput& input) {
  std::string frames;
  while (!input.empty()) {
    const std::string frame = input.before(kEnd);
    if (frame.empty()) continue;
    frames += number(frame.size() - 1) + number(static_cast<unsigned char>(frame[0])) + frame.substr(1);
  }
  return frames;
}

}  // namespace
}  // namespace mlmon

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlmon;
  FuzzInput input(data, size);
  const unsigned options = input.options();
  const std::string said = (options & 4) != 0 ? frames_of(input) : input.rest();
  if (said.size() > kMostBytes) return 0;
  static const std::string good = FrameMaker(1).good_life(kChildCalls);
  std::uint32_t lives = 0;
  const ChildOutcome outcome = observe(kHasTick | kHasFinish, (options & 1) != 0, [&] {
    return (options & 2) != 0 && lives++ % 2 == 1 ? good : said;
  });
  require_nothing("behind the host", impossible_in(outcome));
  return 0;
}
