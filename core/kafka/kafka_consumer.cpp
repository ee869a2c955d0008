#include "core/kafka/kafka_consumer.h"

#define LIBRDKAFKA_TYPECHECKS 0  // they are no ISO C++
#include <librdkafka/rdkafka.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mlmon {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kNotesWithin{1'500};
constexpr milliseconds kLeftWithin{3'000};

void ring(int fd) {
  const std::uint64_t one = 1;
  // A full counter would mean that it is readable already.
  if (::write(fd, &one, sizeof one) < 0) return;
}

std::string_view value_of(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len};
}

void add_partition(rd_kafka_topic_partition_list_t* list, const NamedPlace& partition, std::uint64_t offset) {
  rd_kafka_topic_partition_list_add(list, partition.topic.c_str(), partition.number)->offset =
      static_cast<std::int64_t>(offset);
}

}  // namespace

Result<std::unique_ptr<PartitionLog>> KafkaConsumer::open(const KafkaSettings& settings) {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return Error{std::string("eventfd: ") + std::strerror(errno)};
  std::unique_ptr<KafkaConsumer> consumer(new KafkaConsumer(fd, settings.grouped));
  if (const auto begun = consumer->begin(settings); !begun) return begun.error();
  return std::unique_ptr<PartitionLog>(std::move(consumer));
}

KafkaConsumer::KafkaConsumer(int wake_fd, bool grouped)
    : wake_fd_(wake_fd),
      grouped_(grouped),
      kafka_(nullptr, nullptr),
      queue_(nullptr, rd_kafka_queue_destroy),
      notes_(nullptr, rd_kafka_queue_destroy),
      group_partitions_(make_kafka_partitions()) {}

Result<void> KafkaConsumer::begin(const KafkaSettings& settings) {
  Result<KafkaHandle> kafka = open_kafka(settings, *this);
  if (!kafka) return kafka.error();
  kafka_ = std::move(*kafka);
  note_places_ = settings.note_places;
  rd_kafka_poll_set_consumer(kafka_.get());
  queue_.reset(rd_kafka_queue_get_consumer(kafka_.get()));
  notes_.reset(rd_kafka_queue_new(kafka_.get()));
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue_.get(), wake_fd_, &one, sizeof one);
  scout_.emplace(kafka_.get(), settings, [this] { ring(wake_fd_); });
  if (!grouped_) return {};
  const KafkaPartitions topics = make_kafka_partitions();
  for (const std::string& topic : settings.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(kafka_.get(), topics.get());
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<void>() : Error{rd_kafka_err2str(code)};
}

KafkaConsumer::~KafkaConsumer() {
  scout_.reset();
  drop_messages();
  if (queue_) rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  if (kafka_) finish_notes();
  if (kafka_ && grouped_) leave_group();
  queue_.reset();
  notes_.reset();
  kafka_.reset();
  ::close(wake_fd_);
}

void KafkaConsumer::on_trouble(bool all_down, const std::string& reason) {
  // Librdkafka does not tell each time that all of them are down.
  if (scout_) scout_->hear(all_down ? "" : reason);
}

void KafkaConsumer::drop_messages() {
  for (std::size_t i = 0; i < held_; ++i) rd_kafka_message_destroy(messages_[i]);
  held_ = 0;
}

const LogNews& KafkaConsumer::take(std::size_t most) {
  drop_messages();
  news_.clear();
  news_.failed.swap(not_started_);
  // First this, so that what comes meanwhile wakes.
  std::uint64_t count = 0;
  if (::read(wake_fd_, &count, sizeof count) < 0) count = 0;
  messages_.resize(most);
  const ssize_t got = rd_kafka_consume_batch_queue(queue_.get(), 0, messages_.data(), most);
  held_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  for (std::size_t i = 0; i < held_; ++i) add(*messages_[i]);
  const bool looked = scout_->take_into(news_);
  if (grouped_) note_group_news(looked);
  return news_;
}

void KafkaConsumer::add(const rd_kafka_message_t& message) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    return add_error(message);
  }
  const NamedPlace* const known = partition_of(message);
  if (known == nullptr) return;
  const LogPlace place{known->partition, static_cast<std::uint64_t>(message.offset)};
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    news_.records.push_back({place, value_of(message)});
  } else {
    news_.ends.push_back(place);
  }
}

void KafkaConsumer::add_error(const rd_kafka_message_t& message) {
  const NamedPlace* const partition = message.rkt != nullptr ? partition_of(message) : nullptr;
  const char* const text = rd_kafka_message_errstr(&message);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      if (partition != nullptr) scout_->ask(*partition);
      return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
      break;
    default:
      // Of connections and of the group: librdkafka tries again by itself.
      return scout_->hear(text != nullptr ? text : rd_kafka_err2str(message.err));
  }
  const std::string why = rd_kafka_err2str(message.err);
  if (partition != nullptr) {
    news_.failed.push_back(
        {partition->partition, Error{why}.in(partition_name(partition->topic, partition->number))});
  } else if (message.rkt != nullptr) {
    for (const NamedPlace& known : partitions_) {
      if (known.topic != rd_kafka_topic_name(message.rkt)) continue;
      news_.failed.push_back({known.partition, Error{why}.in(partition_name(known.topic, known.number))});
    }
  }
}

/// Null: it is one that nobody asked for, or all of a topic.
const NamedPlace* KafkaConsumer::partition_of(const rd_kafka_message_t& message) {
  if (message.rkt == last_topic_ && message.partition == last_number_) return &partitions_[last_partition_];
  const auto found = by_name_.find({rd_kafka_topic_name(message.rkt), message.partition});
  if (found == by_name_.end()) return nullptr;
  last_topic_ = message.rkt;
  last_number_ = message.partition;
  last_partition_ = found->second;
  return &partitions_[last_partition_];
}

/// Within take(), on its thread.
void KafkaConsumer::on_group(bool given, const rd_kafka_topic_partition_list_s& partitions) {
  group_said_ = given ? Group::kGiven : Group::kTakenBack;
  has_been_given_ |= given;
  group_partitions_.reset(rd_kafka_topic_partition_list_copy(&partitions));
  if (leaving_) return answer_group({});
  std::vector<FoundPartition> found;
  for (int i = 0; i < partitions.cnt; ++i) found.push_back({partitions.elems[i].topic, partitions.elems[i].partition});
  if (given) return scout_->look_at_given(found);  // where they begin and end by now
  for (const FoundPartition& one : found) taken_back_.emplace_back(one.topic, one.number);
  scout_->forget_given(taken_back_);
}

/// `looked`: see KafkaScout::take_into().
void KafkaConsumer::note_group_news(bool looked) {
  if (group_said_ == Group::kNothing) return;
  if (group_said_ == Group::kTakenBack) news_.taken_back.swap(taken_back_);
  news_.group_waits = group_said_ == Group::kTakenBack || looked;
}

void KafkaConsumer::answer_group(const std::vector<NamedPlace>& starts) {
  const Group said = std::exchange(group_said_, Group::kNothing);
  std::vector<NamedPlace> others;
  rd_kafka_error_t* error = nullptr;
  if (said == Group::kGiven) {
    const KafkaPartitions begun = make_kafka_partitions();
    for (const NamedPlace& start : starts) {
      if (rd_kafka_topic_partition_list_find(group_partitions_.get(), start.topic.c_str(), start.number) == nullptr) {
        others.push_back(start);
        continue;
      }
      add_partition(begun.get(), start, start.offset);
      note(start);
    }
    error = rd_kafka_incremental_assign(kafka_.get(), begun.get());
    rd_kafka_resume_partitions(kafka_.get(), begun.get());
  } else {
    others = starts;
    if (said == Group::kTakenBack) {
      drop_unassigned(*group_partitions_);
      error = rd_kafka_incremental_unassign(kafka_.get(), group_partitions_.get());
    }
  }
  if (error != nullptr) {
    refuse(starts, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
  }
  if (!others.empty()) start(others);
}

void KafkaConsumer::note(const NamedPlace& start) {
  by_name_[{start.topic, start.number}] = start.partition;
  if (partitions_.size() <= start.partition) partitions_.resize(start.partition + 1);
  partitions_[start.partition] = start;
  last_topic_ = nullptr;
}

/// Those that were given, and have not been begun: they had no leader.
void KafkaConsumer::drop_unassigned(rd_kafka_topic_partition_list_s& partitions) const {
  rd_kafka_topic_partition_list_t* list = nullptr;
  if (rd_kafka_assignment(kafka_.get(), &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const KafkaPartitions assigned(list, rd_kafka_topic_partition_list_destroy);
  for (int i = partitions.cnt - 1; i >= 0; --i) {
    const rd_kafka_topic_partition_t& one = partitions.elems[i];
    if (rd_kafka_topic_partition_list_find(list, one.topic, one.partition) != nullptr) continue;
    rd_kafka_topic_partition_list_del_by_idx(&partitions, i);
  }
}

void KafkaConsumer::refuse(const std::vector<NamedPlace>& starts, const char* why) {
  for (const NamedPlace& start : starts) {
    not_started_.push_back({start.partition, Error{why}.in(partition_name(start.topic, start.number))});
  }
  ring(wake_fd_);
}

void KafkaConsumer::start(const std::vector<NamedPlace>& starts) {
  const KafkaPartitions known = make_kafka_partitions(), all = make_kafka_partitions();
  for (const NamedPlace& start : starts) {
    if (by_name_.contains({start.topic, start.number})) add_partition(known.get(), start, start.offset);
    add_partition(all.get(), start, start.offset);
    note(start);
  }
  if (grouped_) {
    // Which partitions these are is its coordinator's business: they are taken out and put back within this call. Where a
    // place was not there any more, librdkafka does not seek.
    rd_kafka_resume_partitions(kafka_.get(), all.get());
    drop_unassigned(*known);
  }
  if (known->cnt > 0) rd_kafka_error_destroy(rd_kafka_incremental_unassign(kafka_.get(), known.get()));
  rd_kafka_error_t* error = rd_kafka_incremental_assign(kafka_.get(), all.get());
  if (error == nullptr) return;
  refuse(starts, rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
}

void KafkaConsumer::stop(std::size_t partition) {
  const KafkaPartitions list = make_kafka_partitions();
  add_partition(list.get(), partitions_[partition], 0);
  rd_kafka_pause_partitions(kafka_.get(), list.get());
}

void KafkaConsumer::note_places(const std::vector<NamedPlace>& places) {
  if (!note_places_) return;
  for (const NamedPlace& place : places) unsent_[place.partition] = place;
  take_answer(milliseconds(0));
  send_notes();
}

void KafkaConsumer::send_notes() {
  if (note_on_its_way_ || unsent_.empty()) return;
  const KafkaPartitions list = make_kafka_partitions();
  for (const auto& [partition, place] : unsent_) add_partition(list.get(), place, place.offset);
  unsent_.clear();
  note_on_its_way_ = rd_kafka_commit_queue(kafka_.get(), list.get(), notes_.get(), nullptr, nullptr) ==
                     RD_KAFKA_RESP_ERR_NO_ERROR;
}

/// False: there was none in that time.
bool KafkaConsumer::take_answer(milliseconds most) {
  if (!note_on_its_way_) return true;
  rd_kafka_event_t* const answer = rd_kafka_queue_poll(notes_.get(), static_cast<int>(most.count()));
  if (answer == nullptr) return false;
  note_on_its_way_ = false;
  rd_kafka_event_destroy(answer);
  return true;
}

/// So that others have its partitions at once, and not only after its session's time.
void KafkaConsumer::leave_group() {
  leaving_ = true;
  if (group_said_ != Group::kNothing) answer_group({});
  rd_kafka_error_t* const error = rd_kafka_consumer_close_queue(kafka_.get(), queue_.get());
  if (error != nullptr) rd_kafka_error_destroy(error);
  const auto last = std::chrono::steady_clock::now() + kLeftWithin;
  while (rd_kafka_consumer_closed(kafka_.get()) == 0 && std::chrono::steady_clock::now() < last) {
    rd_kafka_message_t* message = nullptr;
    if (rd_kafka_consume_batch_queue(queue_.get(), 50, &message, 1) > 0) rd_kafka_message_destroy(message);
  }
  // As for notes: to destroy it now could wait for long. And up to version 2.2 librdkafka aborts where nothing was ever
  // given: https://github.com/confluentinc/librdkafka/issues/4312
  if (rd_kafka_consumer_closed(kafka_.get()) == 0 || !has_been_given_) static_cast<void>(kafka_.release());
}

/// The last one, too, if a broker answers soon.
void KafkaConsumer::finish_notes() {
  const auto last = std::chrono::steady_clock::now() + kNotesWithin;
  if (take_answer(kNotesWithin)) {
    send_notes();
    take_answer(left_until(last));
  }
  // To destroy it now would wait for that answer as long as librdkafka does, a minute; the process ends before.
  if (note_on_its_way_) static_cast<void>(kafka_.release());
}

}  // namespace mlmon
