#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// What `kafka://BROKER[,BROKER]/TOPIC[,TOPIC]` names. Either list may be empty: then the configuration has it.
struct KafkaUrl {
  std::vector<std::string> brokers;  // HOST or HOST:PORT
  std::vector<std::string> topics;
};

bool is_kafka_url(std::string_view text);

/// Without a user or a password: those are settings. Errors do not repeat what may be one.
Result<KafkaUrl> parse_kafka_url(std::string_view url);

/// 1 to 249 of A-Z, a-z, 0-9, `.`, `_` and `-`, but not `.` or `..`.
bool is_topic_name(std::string_view name);

/// HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT.
bool is_broker(std::string_view broker);

}  // namespace mlmon
