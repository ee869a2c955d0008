#include "cli/progress.h"

#include <catch2/catch.hpp>

#include "tests/cli_unit/captured.h"

using namespace mlmon;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class FakeClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return 0; }
  std::int64_t monotonic_ns() const override { return now; }
  std::int64_t now = 5 * kSecond;
};

Progress progress(std::uint64_t consumed, std::uint64_t total, std::uint64_t events = 0,
                  std::uint64_t bad = 0, std::uint64_t actions = 0) {
  return {consumed, total, events, bad, actions};
}

}  // namespace

TEST_CASE("all there is to say of a run with a known end") {
  CHECK(progress_text(progress(1'200'000'000, 4'600'000'000, 5'900'000, 3, 12), 2 * kSecond, 200) ==
        "26% of 4.6 GB, 6 s left, 600 MB/s, 3.0 M events/s, 12 actions, 3 bad lines");
}

TEST_CASE("of a pipe nobody knows the end") {
  CHECK(progress_text(progress(1'500'000, 0, 999, 1, 1), kSecond, 200) ==
        "1.5 MB, 2 MB/s, 999 events/s, 1 action, 1 bad line");
}

TEST_CASE("at the beginning there are neither rates nor a forecast") {
  CHECK(progress_text(progress(0, 1000), 0, 200) == "0% of 1.0 kB, 0 actions");
  CHECK(progress_text(progress(0, 0), 0, 200) == "0 B, 0 actions");
  CHECK(progress_text(progress(0, 1000), 10 * kSecond, 200) ==
        "0% of 1.0 kB, 0 MB/s, 0 events/s, 0 actions");
}

TEST_CASE("a file that has grown is at most read to 100 percent, and only a read one is") {
  CHECK_THAT(progress_text(progress(2000, 1000), kSecond, 200),
             Catch::StartsWith("100% of 1.0 kB, 0 MB/s"));
  CHECK_THAT(progress_text(progress(9'999, 10'000), kSecond, 200),
             Catch::StartsWith("99% of 10.0 kB, 0 s left"));
}

TEST_CASE("long times are told in minutes and hours") {
  CHECK_THAT(progress_text(progress(1, 101), kSecond, 200), Catch::Contains(", 1:40 left, "));
  CHECK_THAT(progress_text(progress(1, 36'062), kSecond, 200),
             Catch::Contains(", 10:01:01 left, "));
  CHECK_FALSE(progress_text(progress(1, ~0ull), INT64_MAX, 200).empty());
}

TEST_CASE("numbers have three digits and a prefix") {
  const auto size = [](std::uint64_t bytes) {
    const std::string text = progress_text(progress(bytes, 0), 0, 200);
    return text.substr(0, text.find(','));
  };
  CHECK(size(999) == "999 B");
  CHECK(size(1000) == "1.0 kB");
  CHECK(size(99'940) == "99.9 kB");
  CHECK(size(99'960) == "100 kB");
  CHECK(size(999'499) == "999 kB");
  CHECK(size(999'500) == "1.0 MB");
  CHECK(size(~0ull) == "18447 PB");
}

TEST_CASE("what does not fit is left out, the least important first") {
  const Progress all = progress(1'200'000'000, 4'600'000'000, 5'900'000, 3, 12);
  const std::string whole = progress_text(all, 2 * kSecond, 200);
  for (std::size_t width = 0; width <= whole.size(); ++width) {
    const std::string text = progress_text(all, 2 * kSecond, width);
    CHECK(text.size() <= width);
    CHECK(whole.substr(0, text.size()) == text);
    CHECK((text.empty() || text == whole || whole.substr(text.size(), 2) == ", "));
  }
  CHECK(progress_text(all, 2 * kSecond, 30) == "26% of 4.6 GB, 6 s left");
}

TEST_CASE("there is a progress line on terminals, unless somebody says otherwise") {
  CHECK(wants_progress(ShowProgress::kAuto, 0, true));
  CHECK_FALSE(wants_progress(ShowProgress::kAuto, 0, false));
  CHECK_FALSE(wants_progress(ShowProgress::kAuto, -1, true));
  CHECK(wants_progress(ShowProgress::kAlways, -1, false));
  CHECK_FALSE(wants_progress(ShowProgress::kNever, 1, true));
}

TEST_CASE("the line is drawn at once, at most ten times a second, and is gone at the end") {
  CapturedTerminal screen(30);
  Terminal terminal(screen.fd());
  FakeClock clock;
  {
    ProgressLine line(terminal, clock);
    line.show(progress(1'200'000'000, 4'600'000'000));
    CHECK(as_seen(screen.take()) == "26% of 4.6 GB, 0 actions");
    int drawn = 0;
    for (int i = 0; i < 1000; ++i) {
      clock.now += kSecond / 1000;
      line.show(progress(1'200'000'000, 4'600'000'000));
      drawn += screen.take().empty() ? 0 : 1;
    }
    CHECK(drawn == 10);
    clock.now += kSecond;
    line.show(progress(1'200'000'000, 4'600'000'000));
    CHECK(as_seen(screen.take()) == "26% of 4.6 GB, 6 s left");
  }
  CHECK(as_seen(screen.take()).empty());
}
