// plugins/transport/url.h and secrets.h.

#include "plugins/transport/url.h"

#include <catch2/catch.hpp>

#include "plugins/transport/secrets.h"

namespace mlmon::transport {
namespace {

TEST_CASE("url: a path is appended whether or not the URL ends in a slash") {
  CHECK(join_url("http://x", "/api") == "http://x/api");
  CHECK(join_url("http://x/", "/api") == "http://x/api");
  CHECK(join_url("http://x/a/b//", "/api") == "http://x/a/b/api");
}

TEST_CASE("url: what is not plain is percent-encoded") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/c?d=%&é") == "a%20b%2Fc%3Fd%3D%25%26%C3%A9");
  CHECK(form_encode({{"variables[K]", "a b&c"}, {"", ""}, {"x", "+"}}) ==
        "variables%5BK%5D=a%20b%26c&=&x=%2B");
  CHECK(form_encode({}) == "");
}

TEST_CASE("url: its password is found and blanked") {
  CHECK(password_in("http://x/a:b@c") == "");
  CHECK(password_in("http://u@x:80/") == "");
  CHECK(password_in("http://u:p%40@x/") == "p%40");
  CHECK(password_in("http://u:p:q@r@x?y") == "p:q@r");
  CHECK(password_in("nonsense") == "");
  CHECK(without_password("http://u:p%40@x/a:b@c") == "http://u:***@x/a:b@c");
  CHECK(without_password("http://x/a:b@c") == "http://x/a:b@c");
}

TEST_CASE("secrets: are blanked as they are and as forms have them, the longest first") {
  HttpSettings settings;
  settings.url = "http://u:in-url@x/";
  settings.token = "t0ken";
  settings.username = "user";
  settings.password = "t0ken&more";
  settings.headers = {{"X-Key", "key 1"}, {"X-Short", "abc"}};
  const Secrets secrets(settings);
  CHECK(secrets.blank("t0ken&more t0ken%26more t0ken in-url key 1 key%201 abc user") ==
        "*** *** *** *** *** *** abc user");
  CHECK(Secrets().blank("t0ken") == "t0ken");
}

}  // namespace
}  // namespace mlmon::transport
