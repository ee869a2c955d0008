#include "core/event/event_types.h"

#include <catch2/catch.hpp>

#include "core/event/event.h"

using namespace mlmon;

TEST_CASE("mlmon's own types have fixed kinds, others theirs from 16 on, in the order of their coming") {
  EventTypes types;
  CHECK(types.kind_of("metrics") == kMetrics);
  CHECK(types.kind_of("drift") == kDrift);
  CHECK(types.intern("job") == kJob);
  CHECK(types.kind_of("deploy") == 0);
  CHECK(types.intern("deploy") == 16);
  CHECK(types.intern("org.x") == 17);
  CHECK(types.intern("deploy") == 16);
  CHECK(*types.name_of(2) == "drift");
  CHECK(*types.name_of(17) == "org.x");
  for (const std::uint32_t none : {0u, 4u, 15u, 18u}) CHECK(types.name_of(none) == nullptr);
  CHECK(types.foreign() == std::vector<std::string>{"deploy", "org.x"});
}

TEST_CASE("a class lists types with spaces between them") {
  CHECK(split_types(nullptr).empty());
  CHECK(split_types("  ").empty());
  CHECK(split_types("a") == std::vector<std::string>{"a"});
  CHECK(split_types(" a  b.c ") == std::vector<std::string>{"a", "b.c"});
}

TEST_CASE("a type is a word") {
  for (const char* type : {"deploy", "org.example.Deploy_2", "a/b:c-d"}) CHECK(is_type_name(type));
  CHECK(is_type_name(std::string(128, 'x')));
  for (const char* none : {"", "a b", "a\n", "\xc3\xa4", "a\""}) CHECK_FALSE(is_type_name(none));
  CHECK_FALSE(is_type_name(std::string(129, 'x')));
}
