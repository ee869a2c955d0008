#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/isolation/frame.h"

namespace mlmon {

/// Makes what the child of an isolated observer might say (sdk/PROTOCOL.md): whole lives that keep to the protocol, and
/// mutations of them; the same seed gives the same bytes.
class FrameMaker {
 public:
  explicit FrameMaker(std::uint64_t seed) : random_(seed) {}

  /// What a child says from its creation to its end, over so many calls, if it is asked for nothing else.
  std::string good_life(std::uint32_t calls);

  /// The same with frames lost, doubled, exchanged, cut, made longer or up, and bits and numbers changed.
  std::string bad_life(std::uint32_t calls);

  std::uint64_t frames() const { return frames_; }  // made so far

 private:
  using Frames = std::vector<std::string>;

  std::uint32_t below(std::size_t n) { return static_cast<std::uint32_t>(random_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& any_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

  Frames life(std::uint32_t calls);
  void add_call(Frames& frames);
  std::string anything();
  std::uint32_t edge();
  std::string fields();
  void mutate(Frames& frames);

  std::mt19937_64 random_;
  std::uint64_t frames_ = 0;
};

}  // namespace mlmon
