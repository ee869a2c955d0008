#include "core/kafka/kafka_client.h"

#define LIBRDKAFKA_TYPECHECKS 0  // they are no ISO C++
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace mlmon {
namespace {

using std::chrono::milliseconds;

using Conf = std::unique_ptr<rd_kafka_conf_t, void (*)(rd_kafka_conf_t*)>;

Conf make_conf() { return {rd_kafka_conf_new(), rd_kafka_conf_destroy}; }

/// Settings that mlmon has keys for, or needs as they are.
struct Own {
  std::string_view name, key;
};
constexpr Own kOwnProperties[] = {
    {"bootstrap.servers", "brokers"},
    {"metadata.broker.list", "brokers"},
    {"group.id", "group"},
    {"auto.offset.reset", "start"},
    {"enable.auto.commit", ""},
    {"auto.commit.enable", ""},
    {"auto.commit.interval.ms", ""},
    {"enable.auto.offset.store", ""},
    {"enable.partition.eof", ""},
    {"partition.assignment.strategy", ""},
    {"plugin.library.paths", ""},
};

std::string comma_list(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

int in_ms(milliseconds most) { return static_cast<int>(std::max<milliseconds::rep>(most.count(), 1)); }

void on_error(rd_kafka_t*, int code, const char* reason, void* listener) {
  const bool all_down = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  static_cast<KafkaListener*>(listener)->on_trouble(all_down, reason);
}

void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                  void* listener) {
  static_cast<KafkaListener*>(listener)->on_group(code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, *partitions);
}

/// A member of a group has left it by now.
void end(rd_kafka_t* kafka) { rd_kafka_destroy_flags(kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

void on_log(const rd_kafka_t*, int, const char*, const char*) {}

/// Fetches are small: what is compressed well takes many times their size in memory. More is held than one of them
/// brings, since up to version 2.1 librdkafka asks for more only a second after it held too much.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kStandard = {{
    {"client.id", "mlmon"},
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"auto.offset.reset", "error"},
    {"isolation.level", "read_committed"},
    {"allow.auto.create.topics", "false"},
    {"topic.metadata.refresh.interval.ms", "60000"},
    {"queued.min.messages", "50000"},
    {"queued.max.messages.kbytes", "32768"},
    {"fetch.message.max.bytes", "524288"},
    {"fetch.max.bytes", "2097152"},
}};

bool is_known(const char* name, const char* value) {
  const Conf conf = make_conf();
  return rd_kafka_conf_set(conf.get(), name, value, nullptr, 0) == RD_KAFKA_CONF_OK;
}

Result<KafkaHandle> open_with(const std::vector<std::pair<std::string, std::string>>& all,
                              KafkaListener* listener, bool grouped = false) {
  Conf conf = make_conf();
  char error[512] = "";
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
      return Error{"librdkafka does not take the property " + name};
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  if (listener != nullptr) {
    rd_kafka_conf_set_opaque(conf.get(), listener);
    rd_kafka_conf_set_error_cb(conf.get(), on_error);
    if (grouped) rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  }
  rd_kafka_t* kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), error, sizeof error);
  if (kafka == nullptr) return Error{std::string("librdkafka: ") + error};
  static_cast<void>(conf.release());  // the consumer's by now
  return KafkaHandle(kafka, end);
}

std::vector<std::pair<std::string, std::string>> standard_properties() {
  std::vector<std::pair<std::string, std::string>> all(kStandard.begin(), kStandard.end());
  // Of librdkafka 2.2.
  if (is_known("fetch.queue.backoff.ms", "10")) all.emplace_back("fetch.queue.backoff.ms", "10");
  return all;
}

}  // namespace

std::optional<std::string> check_kafka_property(const std::string& name, const std::string& value) {
  for (const Own& own : kOwnProperties) {
    if (own.name != name) continue;
    if (own.key.empty()) return "mlmon sets this property of librdkafka itself";
    return "mlmon has a key of its own for this: " + std::string(own.key) + " in [input.kafka]";
  }
  const Conf conf = make_conf();
  char error[512] = "";
  switch (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), error, sizeof error)) {
    case RD_KAFKA_CONF_OK:
      return std::nullopt;
    case RD_KAFKA_CONF_UNKNOWN:
      return "not a property of librdkafka";
    default:
      return "expected a value that librdkafka takes";
  }
}

std::optional<std::string> check_kafka_properties(
    const std::vector<std::pair<std::string, std::string>>& properties) {
  auto all = standard_properties();
  all.insert(all.end(), properties.begin(), properties.end());
  const Result<KafkaHandle> opened = open_with(all, nullptr);
  if (opened) return std::nullopt;
  return opened.error().text;
}

Result<KafkaHandle> open_kafka(const KafkaSettings& settings, KafkaListener& listener) {
  auto all = standard_properties();
  all.emplace_back("bootstrap.servers", comma_list(settings.brokers));
  all.emplace_back("group.id", settings.group);
  // Partitions that stay where they are go on being read meanwhile.
  if (settings.grouped) all.emplace_back("partition.assignment.strategy", "cooperative-sticky");
  all.insert(all.end(), settings.properties.begin(), settings.properties.end());
  return open_with(all, &listener, settings.grouped);
}

KafkaPartitions make_kafka_partitions() {
  return {rd_kafka_topic_partition_list_new(8), rd_kafka_topic_partition_list_destroy};
}

TopicLook look_at_topic(rd_kafka_t* kafka, const std::string& topic, milliseconds most) {
  TopicLook look;
  const std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> handle(
      rd_kafka_topic_new(kafka, topic.c_str(), nullptr), rd_kafka_topic_destroy);
  if (!handle) {
    look.error = rd_kafka_err2str(rd_kafka_last_error());
    return look;
  }
  const struct rd_kafka_metadata* found = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(kafka, 0, handle.get(), &found, in_ms(most));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    look.error = rd_kafka_err2str(code);
    return look;
  }
  const std::unique_ptr<const struct rd_kafka_metadata, void (*)(const struct rd_kafka_metadata*)> owned(
      found, rd_kafka_metadata_destroy);
  if (found->topic_cnt != 1) return look;
  const struct rd_kafka_metadata_topic& answer = found->topics[0];
  look.error = rd_kafka_err2str(answer.err);
  switch (answer.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      look.kind = TopicLook::Kind::kMissing;
      return look;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      look.kind = TopicLook::Kind::kRefused;
      return look;
    default:
      return look;
  }
  if (answer.partition_cnt == 0) return look;
  look.kind = TopicLook::Kind::kFound;
  for (int i = 0; i < answer.partition_cnt; ++i) {
    auto& list = answer.partitions[i].leader < 0 ? look.leaderless : look.partitions;
    list.push_back({topic, answer.partitions[i].id});
  }
  for (auto* list : {&look.partitions, &look.leaderless}) {
    std::sort(list->begin(), list->end(),
              [](const FoundPartition& a, const FoundPartition& b) { return a.number < b.number; });
  }
  return look;
}

Result<void> look_at_ends(rd_kafka_t* kafka, std::vector<FoundPartition>& partitions, milliseconds most) {
  const auto last = std::chrono::steady_clock::now() + most;
  for (const std::int64_t which : {std::int64_t{RD_KAFKA_OFFSET_BEGINNING}, std::int64_t{RD_KAFKA_OFFSET_END}}) {
    const KafkaPartitions asked = make_kafka_partitions();
    for (const FoundPartition& one : partitions) {
      rd_kafka_topic_partition_list_add(asked.get(), one.topic.c_str(), one.number)->offset = which;
    }
    const rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(kafka, asked.get(), in_ms(left_until(last)));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{rd_kafka_err2str(code)};
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      const rd_kafka_topic_partition_t& answer = asked->elems[i];
      if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR || answer.offset < 0) {
        return Error{rd_kafka_err2str(answer.err != RD_KAFKA_RESP_ERR_NO_ERROR
                                          ? answer.err
                                          : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)}
            .in(partition_name(partitions[i].topic, partitions[i].number));
      }
      const bool begins = which == RD_KAFKA_OFFSET_BEGINNING;
      (begins ? partitions[i].begin : partitions[i].end) = static_cast<std::uint64_t>(answer.offset);
    }
  }
  return {};
}

bool answers(rd_kafka_t* kafka, milliseconds most) {
  // What any broker says of the cluster; of topics only those that are known here.
  const struct rd_kafka_metadata* found = nullptr;
  if (rd_kafka_metadata(kafka, 0, nullptr, &found, in_ms(most)) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  rd_kafka_metadata_destroy(found);
  return true;
}

}  // namespace mlmon
