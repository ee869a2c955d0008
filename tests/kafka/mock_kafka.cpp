// Brokers of Kafka for tests, in this process: librdkafka's own. Prints where they are, then does what stands in
// each line of stdin and answers with a line, until stdin ends.
//
//   mock_kafka BROKERS
//   topic NAME PARTITIONS
//   produce TOPIC PARTITION HEX|- [CODEC]   a record (-: a tombstone); answers its offset
//   down BROKER | up BROKER
//   leader TOPIC PARTITION BROKER           -1: it has none
//   committed GROUP TOPIC PARTITION         what the group has committed, -1001: nothing

#define LIBRDKAFKA_TYPECHECKS 0
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

using Kafka = std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)>;

Kafka open(rd_kafka_type_t type, const std::map<std::string, std::string>& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512] = "";
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
      throw std::runtime_error(error);
    }
  }
  rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    *static_cast<std::int64_t*>(message->_private) =
        message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? message->offset : -1;
  });
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_t* kafka = rd_kafka_new(type, conf, error, sizeof error);
  if (kafka == nullptr) throw std::runtime_error(error);
  return {kafka, rd_kafka_destroy};
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

class Mock {
 public:
  explicit Mock(const std::string& brokers)
      : cluster_kafka_(open(RD_KAFKA_PRODUCER, {{"test.mock.num.brokers", brokers}})),
        cluster_(rd_kafka_handle_mock_cluster(cluster_kafka_.get())) {}

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

  std::string execute(std::istringstream command) {
    std::string what, name;
    int number = 0;
    command >> what;
    if (what == "topic" && command >> name >> number) {
      return rd_kafka_err2name(rd_kafka_mock_topic_create(cluster_, name.c_str(), number, 1));
    }
    if (what == "produce") return produce(command);
    if (what == "down" && command >> number) {
      return rd_kafka_err2name(rd_kafka_mock_broker_set_down(cluster_, number));
    }
    if (what == "up" && command >> number) {
      return rd_kafka_err2name(rd_kafka_mock_broker_set_up(cluster_, number));
    }
    int broker = 0;
    if (what == "leader" && command >> name >> number >> broker) {
      return rd_kafka_err2name(rd_kafka_mock_partition_set_leader(cluster_, name.c_str(), number, broker));
    }
    if (what == "committed") return committed(command);
    return "what is " + what + "?";
  }

 private:
  std::string produce(std::istringstream& command) {
    std::string topic, hex, codec = "none";
    int partition = 0;
    command >> topic >> partition >> hex >> codec;
    Kafka& producer = producers_.try_emplace(codec, Kafka(nullptr, rd_kafka_destroy)).first->second;
    if (!producer) {
      producer = open(RD_KAFKA_PRODUCER,
                      {{"bootstrap.servers", brokers()}, {"compression.type", codec}, {"linger.ms", "0"}});
    }
    const std::string value = hex == "-" ? "" : from_hex(hex);
    void* const bytes = hex == "-" ? nullptr : const_cast<char*>(value.data());
    std::int64_t offset = -2;
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(bytes, value.size()),
        RD_KAFKA_V_OPAQUE(&offset), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_err2name(error);
    while (offset == -2) rd_kafka_poll(producer.get(), 100);
    return std::to_string(offset);
  }

  std::string committed(std::istringstream& command) const {
    std::string group, topic;
    int partition = 0;
    command >> group >> topic >> partition;
    const Kafka consumer = open(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers()}, {"group.id", group}});
    const std::unique_ptr<rd_kafka_topic_partition_list_t, void (*)(rd_kafka_topic_partition_list_t*)> list(
        rd_kafka_topic_partition_list_new(1), rd_kafka_topic_partition_list_destroy);
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
    const rd_kafka_resp_err_t error = rd_kafka_committed(consumer.get(), list.get(), 10'000);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? std::to_string(list->elems[0].offset) : rd_kafka_err2name(error);
  }

  const Kafka cluster_kafka_;
  rd_kafka_mock_cluster_t* const cluster_;
  std::map<std::string, Kafka> producers_;  // by codec
};

}  // namespace

int main(int argc, char** argv) {
  Mock mock(argc > 1 ? argv[1] : "1");
  std::cout << mock.brokers() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << mock.execute(std::istringstream(line)) << std::endl;
  }
  return 0;
}
