#include "plugins/alert/kafka.h"

#define LIBRDKAFKA_TYPECHECKS 0  // they are no ISO C++
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "plugins/transport/excerpt.h"
#include "plugins/transport/sigpipe_block.h"

namespace mlmon::alert {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t kGraceMs = 1'000;  // for reports of messages that time out
constexpr std::int64_t kLongestTimeoutMs = 2'000'000'000;

/// Nobody waits: what was not taken is in the outbox.
void end(rd_kafka_s* producer) {
  if (producer == nullptr) return;
  rd_kafka_purge(producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(producer);
}

using Conf = std::unique_ptr<rd_kafka_conf_t, void (*)(rd_kafka_conf_t*)>;

std::string set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char error[512] = "";
  const auto result = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error);
  return result == RD_KAFKA_CONF_OK ? "" : error;
}

/// The same at the next try: the message itself is wrong.
bool for_good(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return true;
    default:
      return false;
  }
}

}  // namespace

/// What became of one message.
struct Kafka::Report {
  bool over = false;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string place;  // "topic/0@17"

  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    auto* report = static_cast<Report*>(message->_private);
    if (report == nullptr) return;
    report->over = true;
    report->error = message->err;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      report->place = std::string(rd_kafka_topic_name(message->rkt)) + "/" +
                      std::to_string(message->partition) + "@" + std::to_string(message->offset);
    }
  }
  static void on_trouble(rd_kafka_t*, int, const char* reason, void* self) {
    static_cast<Kafka*>(self)->trouble_ = reason;
  }
  static void on_log(const rd_kafka_t*, int, const char*, const char*) {}
};

std::string check_kafka_property(const std::string& name, const std::string& value) {
  const Conf conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  return set(conf.get(), name, value);
}

Kafka::Kafka(KafkaSettings settings)
    : settings_(std::move(settings)), producer_(nullptr, end) {}

Kafka::~Kafka() = default;

void Kafka::open() {
  Conf conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  const std::string timeout =
      std::to_string(std::clamp<std::int64_t>(settings_.timeout_ms, 1, kLongestTimeoutMs));
  std::vector<std::pair<std::string, std::string>> all = {
      {"bootstrap.servers", settings_.brokers}, {"client.id", "mlmon"},
      {"enable.idempotence", "true"},           {"message.timeout.ms", timeout},
      {"linger.ms", "0"}};
  all.insert(all.end(), settings_.properties.begin(), settings_.properties.end());
  for (const auto& [name, value] : all) {
    const std::string error = set(conf.get(), name, value);
    if (!error.empty()) throw std::runtime_error("librdkafka: " + name + ": " + error);
  }
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), Report::on_report);
  rd_kafka_conf_set_error_cb(conf.get(), Report::on_trouble);
  rd_kafka_conf_set_log_cb(conf.get(), Report::on_log);
  char error[512] = "";
  producer_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), error, sizeof error));
  if (!producer_) throw std::runtime_error("librdkafka: " + std::string(error));
  static_cast<void>(conf.release());  // the producer's by now
}

std::vector<Outcome> Kafka::send(const std::vector<Item>& items,
                                 const transport::Cancelled& cancelled) {
  const transport::SigpipeBlock no_sigpipe;
  if (!producer_) open();
  trouble_.clear();
  std::vector<Report> reports(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    const std::string key = item.read().at("model").text("name");
    const std::string value(item.json()), id(item.id());
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer_.get(), RD_KAFKA_V_TOPIC(settings_.topic.c_str()),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
        RD_KAFKA_V_HEADER("mlmon_id", id.data(), static_cast<ssize_t>(id.size())),
        RD_KAFKA_V_OPAQUE(&reports[i]), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    reports[i].over = true;
    reports[i].error = error;
  }
  const auto all_over = [&] {
    return std::all_of(reports.begin(), reports.end(), [](const Report& one) { return one.over; });
  };
  const auto last = steady_clock::now() + milliseconds(settings_.timeout_ms + kGraceMs);
  while (!all_over() && !cancelled() && steady_clock::now() < last) {
    rd_kafka_poll(producer_.get(), 20);
  }
  std::vector<Outcome> outcomes;
  if (!all_over()) {
    // Reports that come later would find nobody: the producer goes, and takes what it has along.
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(producer_.get(), 0);
  }
  for (const Report& report : reports) outcomes.push_back(to_outcome(report));
  char fatal[256] = "";
  const bool broken = rd_kafka_fatal_error(producer_.get(), fatal, sizeof fatal) != RD_KAFKA_RESP_ERR_NO_ERROR;
  if (broken || !all_over()) producer_.reset();
  return outcomes;
}

Outcome Kafka::to_outcome(const Report& report) const {
  if (!report.over) return Outcome::retry("no answer of the brokers" + (trouble_.empty() ? "" : ": " + trouble_));
  if (report.error == RD_KAFKA_RESP_ERR_NO_ERROR) return Outcome::delivered(report.place);
  std::string why = transport::with_excerpt(rd_kafka_err2str(report.error), trouble_);
  return for_good(report.error) ? Outcome::dead(std::move(why)) : Outcome::retry(std::move(why));
}

}  // namespace mlmon::alert
