#include "core/kafka/kafka_url.h"

#include <algorithm>
#include <charconv>

namespace mlmon {
namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr std::size_t kLongestTopic = 249;
constexpr std::string_view kForm = "expected kafka://BROKER[,BROKER]/TOPIC[,TOPIC]";

/// What stands between commas; nothing of an empty list.
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  if (list.empty()) return parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == list.npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return code == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

}  // namespace

bool is_kafka_url(std::string_view text) { return text.starts_with(kScheme); }

bool is_topic_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name.size() <= kLongestTopic && name != "." && name != ".." &&
         name.find_first_not_of(kAllowed) == name.npos;
}

bool is_broker(std::string_view broker) {
  std::string_view port;
  if (broker.starts_with('[')) {
    const std::size_t end = broker.find(']');
    if (end == broker.npos || end < 2) return false;
    port = broker.substr(end + 1);
    broker = broker.substr(1, end - 1);
    if (broker.find_first_not_of("0123456789abcdefABCDEF:.") != broker.npos) return false;
  } else {
    const std::size_t colon = std::min(broker.find(':'), broker.size());
    port = broker.substr(colon);
    broker = broker.substr(0, colon);
    constexpr std::string_view kNotOfHosts = " \t\r\n/@?#[]\"'\\,";
    if (broker.empty() || broker.find_first_of(kNotOfHosts) != broker.npos) return false;
  }
  return port.empty() || (port.front() == ':' && is_port(port.substr(1)));
}

Result<KafkaUrl> parse_kafka_url(std::string_view url) {
  std::string_view rest = url.substr(std::min(kScheme.size(), url.size()));
  if (rest.find('@') != rest.npos) {
    return Error{"kafka://: a user or a password in the address, " + std::string(kForm) +
                 "; credentials belong into [input.kafka] properties"};
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  KafkaUrl parsed{split(rest.substr(0, slash)), split(rest.substr(std::min(slash + 1, rest.size())))};
  for (const std::string& broker : parsed.brokers) {
    if (is_broker(broker)) continue;
    return Error{std::string(url) + ": not a broker: \"" + broker + "\", " + std::string(kForm)};
  }
  for (const std::string& topic : parsed.topics) {
    if (is_topic_name(topic)) continue;
    return Error{std::string(url) + ": not the name of a topic: \"" + topic + "\", " + std::string(kForm)};
  }
  return parsed;
}

}  // namespace mlmon
