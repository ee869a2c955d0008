#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mlmon {

/// Makes lines like those of a fleet: most of them usual, some with one unusual value, some broken; the
/// same seed gives the same lines.
class LineMaker {
 public:
  explicit LineMaker(std::uint64_t seed) : random_(seed) {}

  /// Some hundred lines: of a few producers, each with its own way of writing, and what came of them by
  /// mutation.
  std::string block();

 private:
  struct Member {
    std::string name;
    int value;  // which of the kinds of value() it holds
  };
  struct Producer {
    std::string type;
    std::vector<Member> members;
    std::string space, end;
    bool envelope = false;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& any_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

  Producer producer();
  std::string line(const Producer& producer);
  std::string value(int kind, const std::string& space);
  std::string usual(int kind, const std::string& space);
  std::string number();
  std::string fraction();
  std::string time();
  std::string text();
  std::string model(const std::string& space, bool unusual);
  std::string anything(int depth);
  void mutate(std::string& line);

  std::mt19937_64 random_;
};

}  // namespace mlmon
