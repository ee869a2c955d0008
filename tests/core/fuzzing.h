#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>

namespace mlmon {

/// The seeds of a fuzz test: from 1 on as many as it needs to prove something; where `./dev fuzz` says so, from
/// MLMON_FUZZ_SEED on for at least MLMON_FUZZ_SECONDS.
class FuzzSeeds {
 public:
  explicit FuzzSeeds(std::uint64_t least) : least_(least) {}

  /// There is another one, next().
  bool any_left() const {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun_;
    return seed_ - first() < least_ || spent.count() < seconds_;
  }
  std::uint64_t next() { return seed_++; }

  /// `./dev fuzz` wants to know what was done.
  bool asked_for() const { return seconds_ > 0; }
  std::uint64_t first() const { return first_; }

 private:
  static double number(const char* name, double otherwise) {
    const char* asked = std::getenv(name);
    return asked != nullptr ? std::atof(asked) : otherwise;
  }

  const std::uint64_t least_;
  const double seconds_ = number("MLMON_FUZZ_SECONDS", 0);
  const std::uint64_t first_ = static_cast<std::uint64_t>(number("MLMON_FUZZ_SEED", 1));
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t seed_ = first_;
};

}  // namespace mlmon
