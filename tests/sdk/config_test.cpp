#include <mlmon/config.h>

#include <catch2/catch.hpp>
#include <string>

namespace {

mlmon_str str(const std::string& text) { return {text.data(), text.size()}; }

const std::string kConfig =
    R"( { "half":1.5, "object":{"n":[1,{"x":"}]"}],"inner":7}, "text":"q\"\\\/ä\ud83d\ude00\n\u00e9" ,"yes":true,
    "no" : false, "null":null, "minus":-42, "week":"7d", "array":[1,"]"], "empty":"", "big":1e300, "last":2 } )";

template <class T, class Read>
T read(Read read, const char* name) {
  T value = T();
  REQUIRE(read(str(kConfig), name, &value) == MLMON_OK);
  return value;
}

std::string text_of(const std::string& config, const char* name, std::size_t room) {
  std::string text(room, '#');
  const std::int32_t result = mlmon_config_text(str(config), name, text.data(), room);
  return result == MLMON_OK ? text.c_str() : "error " + std::to_string(result);
}

std::int32_t duration(const std::string& text, std::int64_t& ns) {
  return mlmon_config_duration(str("{\"d\":\"" + text + "\"}"), "d", &ns);
}

}  // namespace

TEST_CASE("members of a configuration are read by name and type in C") {
  CHECK(read<double>(mlmon_config_number, "half") == 1.5);
  CHECK(read<double>(mlmon_config_number, "big") == 1e300);
  CHECK(read<double>(mlmon_config_number, "last") == 2);
  CHECK(read<std::int64_t>(mlmon_config_integer, "minus") == -42);
  CHECK(read<std::int32_t>(mlmon_config_flag, "yes") == 1);
  CHECK(read<std::int32_t>(mlmon_config_flag, "no") == 0);
  CHECK(read<std::int64_t>(mlmon_config_duration, "week") == 7 * 86'400'000'000'000);
}

TEST_CASE("a value is found as it stands in the text") {
  const auto found = [](const char* name) {
    const auto value = read<mlmon_str>(mlmon_config_find, name);
    return std::string(value.ptr, value.len);
  };
  CHECK(found("object") == R"({"n":[1,{"x":"}]"}],"inner":7})");
  CHECK(found("array") == R"([1,"]"])");
  CHECK(found("no") == "false");
  CHECK(found("last") == "2");
  CHECK(found("empty") == "\"\"");
}

TEST_CASE("what is not there is not found, null and members of members included") {
  double number = 9;
  for (const char* name : {"inner", "n", "null", "", "hal", "halff"}) {
    INFO(name);
    CHECK(mlmon_config_number(str(kConfig), name, &number) == MLMON_E_NOT_FOUND);
  }
  CHECK(mlmon_config_number(str("{}"), "a", &number) == MLMON_E_NOT_FOUND);
  CHECK(mlmon_config_number(str(""), "a", &number) == MLMON_E_NOT_FOUND);
  CHECK(number == 9);
}

TEST_CASE("a value of another type is refused and leaves the result alone") {
  double number = 9;
  std::int64_t integer = 9;
  std::int32_t flag = 9;
  for (const char* name : {"text", "yes", "object", "array", "empty"}) {
    INFO(name);
    CHECK(mlmon_config_number(str(kConfig), name, &number) == MLMON_E_INVALID);
    CHECK(mlmon_config_integer(str(kConfig), name, &integer) == MLMON_E_INVALID);
  }
  CHECK(mlmon_config_integer(str(kConfig), "half", &integer) == MLMON_E_INVALID);
  CHECK(mlmon_config_integer(str(R"({"a":9223372036854775808})"), "a", &integer) == MLMON_E_INVALID);
  CHECK(mlmon_config_flag(str(kConfig), "half", &flag) == MLMON_E_INVALID);
  CHECK(mlmon_config_duration(str(kConfig), "half", &integer) == MLMON_E_INVALID);
  CHECK((number == 9 && integer == 9 && flag == 9));
}

TEST_CASE("strings are unescaped, and refused where there is no room") {
  const std::string expected = "q\"\\/ä😀\né";
  CHECK(text_of(kConfig, "text", 100) == expected);
  CHECK(text_of(kConfig, "text", expected.size() + 1) == expected);
  CHECK(text_of(kConfig, "text", expected.size()) == "error -2");
  CHECK(text_of(kConfig, "empty", 1).empty());
  CHECK(text_of(kConfig, "half", 100) == "error -2");
  CHECK(text_of(R"({"a":"\u0041\u07ff\u0800\uffff\t"})", "a", 100) == "A\u07ff\u0800\uffff\t");
}

TEST_CASE("durations are digits and a unit") {
  std::int64_t ns = 0;
  CHECK((duration("500ms", ns) == MLMON_OK && ns == 500'000'000));
  CHECK((duration("0s", ns) == MLMON_OK && ns == 0));
  CHECK((duration("90m", ns) == MLMON_OK && ns == 5'400'000'000'000));
  for (const char* bad : {"", "5", "-5s", " 5s", "+5s", "5 s", "1.5s", "5w", "s", "106752d",
                          "99999999999999999999s"}) {
    INFO(bad);
    CHECK(duration(bad, ns) == MLMON_E_INVALID);
  }
}
