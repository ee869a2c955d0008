#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/kafka/kafka_settings.h"
#include "core/result.h"

namespace mlmon {

/// What is wrong with [input.kafka] that only librdkafka and the names of Kafka can tell.
std::vector<ConfigError> check_kafka_keys(const Config& config);

/// The topics that a run reads, of the paths on its command line or, without any, as configured; nothing: it
/// reads files. An error: they cannot be read in one run.
Result<std::optional<KafkaSettings>> kafka_input(const std::vector<std::string>& paths, const Config::Input& input);

}  // namespace mlmon
