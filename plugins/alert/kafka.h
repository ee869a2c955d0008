#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugins/transport/sender.h"

struct rd_kafka_s;

namespace mlmon::alert {

struct KafkaSettings {
  std::string brokers;  // HOST:PORT,…
  std::string topic;
  std::vector<std::pair<std::string, std::string>> properties;  // of librdkafka
  std::int64_t timeout_ms = 30'000;
};

/// Why librdkafka does not take a property; empty: it does.
std::string check_kafka_property(const std::string& name, const std::string& value);

/// Appends actions to a topic of Kafka: key the model's name, value the action, header mlmon_id. An idempotent
/// producer: what is tried again by it stands in the log once. One thread.
class Kafka final {
 public:
  explicit Kafka(KafkaSettings settings);
  ~Kafka();

  /// One try of all of them.
  std::vector<Outcome> send(const std::vector<Item>& items, const transport::Cancelled& cancelled);

 private:
  struct Report;
  void open();
  Outcome to_outcome(const Report& report) const;

  const KafkaSettings settings_;
  std::string trouble_;  // with the brokers, the last that was told
  std::unique_ptr<rd_kafka_s, void (*)(rd_kafka_s*)> producer_;
};

}  // namespace mlmon::alert
