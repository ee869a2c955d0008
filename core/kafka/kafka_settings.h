#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlmon {

/// What is read of Kafka, and how.
struct KafkaSettings {
  std::vector<std::string> brokers;  // HOST or HOST:PORT
  std::vector<std::string> topics;
  std::string group = "mlmon";
  bool from_latest = false;  // a partition that the state does not know begins at its end
  std::vector<std::pair<std::string, std::string>> properties;  // of librdkafka
  bool follow = false;       // on and on, else up to the ends as they are at the start
  bool from_start = false;   // partitions are read again
  bool grouped = false;      // a member of the group, which says which partitions are its
  bool note_places = false;  // the group's own offsets are kept up to date

  bool operator==(const KafkaSettings&) const = default;
};

/// Why librdkafka does not take a property, or mlmon leaves it to nobody; nothing: it does. Does not repeat the
/// value, which may be a secret.
std::optional<std::string> check_kafka_property(const std::string& name, const std::string& value);

/// What is wrong with all of them together: certificates that are not there, mechanisms that do not fit ...
std::optional<std::string> check_kafka_properties(
    const std::vector<std::pair<std::string, std::string>>& properties);

}  // namespace mlmon
