#include "core/text/url_password.h"

#include <catch2/catch.hpp>

using namespace mlmon;

TEST_CASE("the password of each URL in a text is hidden") {
  CHECK(without_url_passwords("http://user:hunter2@h.example/") == "http://user:***@h.example/");
  CHECK(without_url_passwords("a https://u:p@h:8080?x=1 and smtp://:p@q@h, done") ==
        "a https://u:***@h:8080?x=1 and smtp://:***@h, done");
  CHECK(without_url_passwords("{\"url\":\"https://u:a\"}") == "{\"url\":\"https://u:a\"}");
  CHECK(without_url_passwords("{\"url\":\"https://u:a@h\"}") == "{\"url\":\"https://u:***@h\"}");
}

TEST_CASE("all that libpq takes for a password is hidden") {
  for (const char* scheme : {"postgres", "postgresql"}) {
    const std::string url = std::string(scheme) + "://";
    CHECK(without_url_passwords(url + "me:Tr#ck y?<\">\\@db/x: refused") == url + "me:***@db/x: refused");
    CHECK(without_url_passwords(url + "db:5432/x, ask me@db") == url + "db:5432/x, ask me@db");
    CHECK(without_url_passwords(url + "u@h/d?password=a#b&x=1") == url + "u@h/d?password=***&x=1");
  }
}

TEST_CASE("a password in the query of a URL is hidden") {
  CHECK(without_url_passwords("postgresql://u@h/d?password=a:b@c&sslmode=require") ==
        "postgresql://u@h/d?password=***&sslmode=require");
  CHECK(without_url_passwords("postgresql://u:p@h/d?sslpassword=a&password=b \"password=c\"") ==
        "postgresql://u:***@h/d?sslpassword=***&password=*** \"password=c\"");
  CHECK(without_url_passwords("password=x http://h/ password=y") == "password=x http://h/ password=y");
}

TEST_CASE("what is no password stays") {
  for (const char* text : {"", "://", "no URL: a@b", "http://h:8080/a:b@c", "https://user@h/", "http://h/?u=a:b@c"}) {
    CHECK(without_url_passwords(text) == text);
  }
}
