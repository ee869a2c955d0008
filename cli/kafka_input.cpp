#include "cli/kafka_input.h"

#include <algorithm>

#include "core/config/toml_reader.h"
#include "core/kafka/kafka_url.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

constexpr const char* kTable = "input.kafka";

std::string place_of_key(const Config& config, const std::string& key) {
  const auto given = config.given.find(key);
  return given == config.given.end() ? config.file : given->second.place;
}

/// A property may be written `"a.b"` or as a table within tables.
std::string place_of_property(const Config& config, const std::string& name) {
  const std::string table = append_key(kTable, "properties");
  const std::string place = place_of_key(config, append_key(table, name));
  return config.given.contains(append_key(table, name)) ? place : place_of_key(config, table + "." + name);
}

void add_all(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& one : from) {
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
  }
}

}  // namespace

std::vector<ConfigError> check_kafka_keys(const Config& config) {
  const Config::Kafka& kafka = config.input.kafka;
  std::vector<ConfigError> errors;
  const auto check = [&](const char* key, const std::vector<std::string>& names, bool (*fits)(std::string_view),
                         const std::string& what) {
    const std::string path = append_key(kTable, key);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (fits(names[i])) continue;
      errors.push_back({place_of_key(config, path), append_index(path, i), "expected " + what + ", got " + in_quotes(names[i])});
    }
  };
  check("brokers", kafka.brokers, is_broker, "HOST or HOST:PORT");
  check("topics", kafka.topics, is_topic_name, "the name of a topic");
  const std::string properties = append_key(kTable, "properties");
  for (const auto& [name, value] : kafka.properties) {
    const std::optional<std::string> wrong = check_kafka_property(name, value);
    if (!wrong) continue;
    errors.push_back({place_of_property(config, name), append_key(properties, name), *wrong});
  }
  if (errors.empty() && !kafka.properties.empty()) {
    if (const auto wrong = check_kafka_properties(kafka.properties)) {
      errors.push_back({place_of_property(config, kafka.properties.front().first), properties, *wrong});
    }
  }
  for (const std::string& file : config.input.files) {
    if (file.find("kafka:/") == file.npos) continue;
    errors.push_back({place_of_key(config, "input.files"), "input.files",
                      "expected paths and globs; topics of Kafka belong into [input.kafka]"});
    break;
  }
  if (!config.input.files.empty() && !kafka.topics.empty()) {
    errors.push_back({place_of_key(config, "input.kafka.topics"), "input.kafka.topics",
                      "there is [input] files as well: one run reads either files or Kafka"});
  }
  return errors;
}

Result<std::optional<KafkaSettings>> kafka_input(const std::vector<std::string>& paths, const Config::Input& input) {
  const auto urls = std::count_if(paths.begin(), paths.end(), is_kafka_url);
  if (paths.empty() ? input.kafka.topics.empty() : urls == 0) return std::optional<KafkaSettings>();
  KafkaSettings settings;
  std::vector<std::string> brokers;
  for (const std::string& path : paths) {
    if (!is_kafka_url(path)) {
      return Error{path + ": cannot be read together with kafka://: one run reads either files or Kafka"};
    }
    const Result<KafkaUrl> url = parse_kafka_url(path);
    if (!url) return url.error();
    if (!url->brokers.empty() && !brokers.empty() && url->brokers != brokers) {
      return Error{path + ": other brokers than those of the first address: one run reads from one Kafka"};
    }
    if (!url->brokers.empty()) brokers = url->brokers;
    add_all(settings.topics, url->topics);
  }
  add_all(settings.brokers, brokers.empty() ? input.kafka.brokers : brokers);
  if (settings.topics.empty()) add_all(settings.topics, input.kafka.topics);
  if (settings.brokers.empty()) {
    return Error{"no broker is named, neither in kafka://BROKER/TOPIC nor by [input.kafka] brokers"};
  }
  if (settings.topics.empty()) {
    return Error{"no topic is named, neither in kafka://BROKER/TOPIC nor by [input.kafka] topics"};
  }
  settings.group = input.kafka.group;
  settings.from_latest = input.kafka.from_latest;
  settings.properties = input.kafka.properties;
  return std::optional(std::move(settings));
}

}  // namespace mlmon
