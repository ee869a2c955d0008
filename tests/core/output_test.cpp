#include "core/action/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

using namespace mlmon;

TEST_CASE("a full pipe that somebody made non-blocking gets everything once it is read") {
  int ends[2];
  REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
  const std::string text(1 << 20, 'x');
  std::string got;
  std::thread reader([&] {
    char buffer[4096];
    while (got.size() < text.size()) {
      const ssize_t n = read(ends[0], buffer, sizeof buffer);
      if (n > 0) got.append(buffer, static_cast<std::size_t>(n));
      if (n == 0) break;
    }
  });
  CHECK(FdOutput(ends[1], "a pipe").write(text).ok());
  close(ends[1]);
  reader.join();
  close(ends[0]);
  CHECK(got == text);
}

TEST_CASE("what cannot be written is an error that names the place") {
  const int full = open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  const auto written = FdOutput(full, "actions.ndjson").write("x\n");
  close(full);
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().text == "cannot write to actions.ndjson: No space left on device");
  CHECK_FALSE(FdOutput(-1, "x").write("x\n").ok());
  CHECK(FdOutput(-1, "x").write("").ok());
}
