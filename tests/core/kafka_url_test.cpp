#include "core/kafka/kafka_url.h"

#include <catch2/catch.hpp>

#include "core/kafka/kafka_settings.h"

using namespace mlmon;
using Names = std::vector<std::string>;

TEST_CASE("an address names brokers and topics") {
  const auto url = parse_kafka_url("kafka://b1:9092,b2,[::1]:9094/events,drift.v2");
  REQUIRE(url);
  CHECK(url->brokers == Names{"b1:9092", "b2", "[::1]:9094"});
  CHECK(url->topics == Names{"events", "drift.v2"});
}

TEST_CASE("brokers or topics may be left to the configuration") {
  REQUIRE(parse_kafka_url("kafka:///events"));
  CHECK(parse_kafka_url("kafka:///events")->brokers.empty());
  CHECK(parse_kafka_url("kafka://b:1")->topics.empty());
  CHECK(parse_kafka_url("kafka://b:1/")->topics.empty());
}

TEST_CASE("what is no address is refused, and named") {
  for (const std::string url :
       {"kafka://b:0/t", "kafka://b:65536/t", "kafka://b:x/t", "kafka://b,/t", "kafka://,b/t", "kafka://b/t,",
        "kafka://b/..", "kafka://b/a b", "kafka://b/t/3", "kafka://[::1/t", "kafka://b:1:2/t"}) {
    CAPTURE(url);
    const auto parsed = parse_kafka_url(url);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().text.find(url) != std::string::npos);
    CHECK(parsed.error().text.find("kafka://BROKER") != std::string::npos);
  }
  CHECK_FALSE(is_topic_name(std::string(250, 'a')));
  CHECK(is_topic_name(std::string(249, 'a')));
}

TEST_CASE("a password in an address is refused, and not repeated") {
  const auto parsed = parse_kafka_url("kafka://me:s3cret@b:9092/t");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().text.find("s3cret") == std::string::npos);
  CHECK(parsed.error().text.find("properties") != std::string::npos);
}

TEST_CASE("librdkafka says what its properties are, without the value") {
  CHECK_FALSE(check_kafka_property("fetch.wait.max.ms", "10"));
  CHECK_FALSE(check_kafka_property("sasl.password", "s3cret"));
  CHECK(check_kafka_property("fetch.wait.max", "10")->find("not a property") != std::string::npos);
  const auto wrong = check_kafka_property("security.protocol", "s3cret");
  REQUIRE(wrong);
  CHECK(wrong->find("s3cret") == std::string::npos);
}

TEST_CASE("what mlmon has keys for, or needs as it is, is not to be set past it") {
  CHECK(check_kafka_property("group.id", "g")->find("group in [input.kafka]") != std::string::npos);
  CHECK(check_kafka_property("bootstrap.servers", "b")->find("brokers") != std::string::npos);
  CHECK(check_kafka_property("auto.offset.reset", "latest")->find("start") != std::string::npos);
  CHECK(check_kafka_property("enable.auto.commit", "true"));
}

TEST_CASE("properties that do not go together are found before a run") {
  CHECK_FALSE(check_kafka_properties({{"client.id", "me"}}));
  CHECK(check_kafka_properties({{"security.protocol", "ssl"}, {"ssl.ca.location", "/not/there.pem"}}));
}
