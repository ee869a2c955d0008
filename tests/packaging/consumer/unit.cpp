// A unit test of in_cxx.cpp, by the headers alone.
#include <mlmon/testing.hpp>

int main() {
  mlmon::testing::Host host;
  host.feed(mlmon::testing::event("metrics", "fraud", "2026-02-01T08:00:00Z"));
  return host.actions().size() == 1 && host.actions()[0].rule == "in_cxx" ? 0 : 1;
}
