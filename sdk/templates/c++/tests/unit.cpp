// Tests of the observer by itself, without mlmon: `make unit`. mlmon/testing.hpp says what there is.
#undef NDEBUG
#include <cassert>
#include <cstdio>
#include <mlmon/testing.hpp>
#include <string>

int main() {
  mlmon::testing::Host host(R"({"below":0.5})");
  const auto auc = [&host](const char* time, double value) {
    const std::string members = "\"metrics\":{\"auc\":" + mlmon::format_number(value) + "}";
    host.feed(mlmon::testing::event("metrics", "fraud", time, members));
  };
  auc("2026-02-01T08:00:00Z", 0.5);
  assert(host.actions().empty());  // the limit itself is not below it
  auc("2026-02-01T09:00:00Z", 0.4);
  auc("2026-02-01T10:00:00Z", 0.3);
  assert(host.actions().size() == 1);  // once
  assert(host.actions()[0].state == "firing");
  assert(host.actions()[0].fields.number("value") == 0.4);

  host.restart();  // what it knows is kept
  auc("2026-02-01T11:00:00Z", 0.4);
  assert(host.actions().size() == 1);
  auc("2026-02-01T12:00:00Z", 0.6);
  assert(host.actions()[1].state == "resolved");
  assert(!host.kept("fraud", "low"));
  std::puts("tests/unit.cpp: ok");
}
