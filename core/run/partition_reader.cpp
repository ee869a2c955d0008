#include "core/run/partition_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/event/record_block.h"

namespace mlmon {
namespace {

constexpr std::size_t kMostRecords = 4096;
constexpr std::size_t kBlock = 256 * 1024;
constexpr std::chrono::milliseconds kAskAgainAfter{1000};
constexpr std::chrono::milliseconds kLookAtOthersEvery{300};

Error made_anew(const std::string& name, std::uint64_t place, std::uint64_t end) {
  return {fmt::format("{}: was read up to record {}, but ends at {} now: the topic was made anew or cut "
                      "(--from-start reads it from its beginning)",
                      name, place, end)};
}

}  // namespace

PartitionReader::PartitionReader(std::unique_ptr<PartitionLog> log, const KafkaSettings& settings,
                                 SourceBook* book, std::uint64_t max_line)
    : log_(std::move(log)), settings_(settings), book_(book), max_line_(max_line) {}

RecordSource::Fill PartitionReader::next(Batch& batch, std::vector<Source>& sources) {
  for (;;) {
    if (fill(batch)) return Fill::kBatch;
    if (ended()) return Fill::kEnd;
    if (take_news(sources)) continue;
    if (settings_.grouped && !settings_.follow) look_at_others();
    return ended() ? Fill::kEnd : Fill::kNothingYet;
  }
}

/// With --follow a failure ends the run: else nobody would see that a partition is no longer read.
bool PartitionReader::ended() const {
  if (!due_.empty() || !moved_.empty() || ends_due_) return false;
  if (settings_.grouped && !settings_.follow && !over_) {
    return was_given_any_ && !group_waits_ && coming_.empty() && behind_ == 0 && all_found_ && others_.empty();
  }
  return over_ || (settings_.follow ? failed_ : all_found_ && behind_ == 0);
}

/// False: there is none.
bool PartitionReader::take_news(std::vector<Source>& sources) {
  news_ = &log_->take(kMostRecords);
  const LogNews& news = *news_;
  for (const Error& error : news.troubles) {
    if (on_error) on_error(error);
  }
  for (const Error& remark : news.remarks) {
    if (on_warning) on_warning(remark);
  }
  for (const Error& error : news.failures) fail(error);
  if (settings_.grouped) take_group_news();
  const std::size_t known = partitions_.size();
  for (const FoundPartition& found : news.found) {
    if (settings_.grouped) {
      others_.push_back(found);
    } else {
      begin(found, sources);
    }
  }
  std::vector<NamedPlace> starts;
  for (std::size_t i = known; i < partitions_.size(); ++i) {
    const Partition& one = partitions_[i];
    if (!one.stopped) starts.push_back({i, one.topic, one.number, one.next.offset});
  }
  if (!starts.empty()) log_->start(starts);
  for (const LogNews::Gone& gone : news.gone) go_on(gone);
  for (const LogNews::Failed& one : news.failed) {
    fail(one.error);
    stop(one.partition);
  }
  for (std::size_t i = 0; i < news.records.size(); ++i) {
    const std::size_t index = news.records[i].place.partition;
    if (partitions_[index].due.empty()) due_.push_back(index);
    partitions_[index].due.push_back(static_cast<std::uint32_t>(i));
  }
  ends_due_ = !news.ends.empty();
  const bool was_found = std::exchange(all_found_, all_found_ || news.all_found);
  const bool was_over = std::exchange(over_, over_ || news.over);
  return !due_.empty() || ends_due_ || !moved_.empty() || !news.found.empty() || !news.failed.empty() ||
         !news.failures.empty() || was_found != all_found_ || was_over != over_;
}

void PartitionReader::begin(const FoundPartition& found, std::vector<Source>& sources) {
  const std::string name = partition_name(found.topic, found.number);
  const Result<Start> begun = start_of(found, name);
  if (!begun) return fail(begun.error());
  const Start& start = *begun;

  place(add(found, sources), start, found.end, sources);
}

/// A partition that was not read before in this run, and its source. Gives its index.
std::size_t PartitionReader::add(const FoundPartition& found, std::vector<Source>& sources) {
  Partition& partition = partitions_.emplace_back();
  partition.given = !settings_.grouped;
  partition.reached = partition.stopped = settings_.grouped;  // until it is taken over
  partition.source = sources.size();
  partition.topic = found.topic;
  partition.number = found.number;
  partition.name = std::make_shared<const std::string>(partition_name(found.topic, found.number));
  Source& source = sources.emplace_back();
  source.count.source = *partition.name;
  source.count.of_log = true;
  by_name_[*partition.name] = partitions_.size() - 1;
  return partitions_.size() - 1;
}

std::size_t PartitionReader::index_of(const FoundPartition& found, std::vector<Source>& sources) {
  const auto known = by_name_.find(partition_name(found.topic, found.number));
  return known != by_name_.end() ? known->second : add(found, sources);
}

/// It is read from there on, up to `end` if the run does not follow it.
void PartitionReader::place(std::size_t index, const Start& start, std::uint64_t end, std::vector<Source>& sources) {
  Partition& partition = partitions_[index];
  Source& source = sources[partition.source];
  partition.next = start.first;
  partition.start = start.all;
  partition.end = end;
  partition.reached = partition.next.offset >= end;
  partition.stopped = partition.reached && !settings_.follow;
  partition.turn = source.turn;
  if (!partition.reached) ++behind_;
  if (start.to_be_kept) moved_.push_back(index);
  const bool is_first = source.booked == nullptr;
  source.booked = start.booked;
  if (is_first) source.count.from_offset = source.count.to_offset = start.all.offset;
  source.count.nothing_new = partition.reached && start.known && source.count.lines == 0;
}

void PartitionReader::take_group_news() {
  if (!news_->group_waits && news_->given.empty()) return;
  group_waits_ |= news_->group_waits;
  for (const auto& [topic, number] : news_->taken_back) given_.erase(partition_name(topic, number));
  for (const FoundPartition& found : news_->given) given_[partition_name(found.topic, found.number)] = found;
  find_coming();
}

/// Strikes out what is read up to where it ended: here, or, as the store says, by another member.
void PartitionReader::look_at_others() {
  const auto now = std::chrono::steady_clock::now();
  if (!was_given_any_ || behind_ > 0 || now < look_at_others_) return;
  look_at_others_ = now + kLookAtOthersEvery;
  std::erase_if(others_, [&](const FoundPartition& one) {
    const std::string name = partition_name(one.topic, one.number);
    const Partition* const own = partition_named(name);
    if (own != nullptr && own->given) return true;
    const auto known = book_->find(name);  // an error comes back with the next claim or checkpoint
    if (!known || *known == nullptr) return known.ok() && one.begin >= one.end;
    return (*known)->known.place.offset >= one.end;
  });
}

/// Of what was given to this run, what it does not read.
void PartitionReader::find_coming() {
  coming_.clear();
  for (const auto& [name, found] : given_) {
    const Partition* const known = partition_named(name);
    if (known == nullptr || !known->given) coming_.push_back(found);
  }
}

PartitionReader::Partition* PartitionReader::partition_named(const std::string& name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &partitions_[found->second];
}

bool PartitionReader::wants_regroup() const {
  return group_waits_ || (!coming_.empty() && std::chrono::steady_clock::now() >= not_before_);
}

std::vector<std::size_t> PartitionReader::leaving() const {
  std::vector<std::size_t> sources;
  for (const Partition& partition : partitions_) {
    if (partition.given && !given_.contains(*partition.name)) sources.push_back(partition.source);
  }
  return sources;
}

KnownSource PartitionReader::wanted(const FoundPartition& found) const {
  const bool at_end = settings_.from_latest && !found.came_later;
  const SourcePlace place{at_end ? found.end : found.begin, 0, false};
  return book_->begin(partition_name(found.topic, found.number), place)->known;
}

std::size_t PartitionReader::source_of(const FoundPartition& found, std::vector<Source>& sources) {
  return partitions_[index_of(found, sources)].source;
}

void PartitionReader::take_over(const FoundPartition& found, const KnownSource& known,
                                std::vector<Source>& sources) {
  const std::size_t index = index_of(found, sources);
  Partition& partition = partitions_[index];
  partition.given = true;
  ++sources[partition.source].turn;
  Start start;
  start.booked = book_->adopt(known);
  start.known = true;
  const Result<void> checked = check_place(start, found, *partition.name);
  if (!checked) start.all = start.first = {found.end, 0, false};
  place(index, start, settings_.follow || !checked ? found.end : found.stops_at, sources);
  starts_.push_back({index, partition.topic, partition.number, partition.next.offset});
  if (!checked) {
    fail(checked.error());
    partition.stopped = true;
  }
}

void PartitionReader::regrouped(std::vector<Source>& sources) {
  for (Partition& partition : partitions_) {
    if (partition.given && !given_.contains(*partition.name)) leave(partition, sources);
  }
  if (std::exchange(group_waits_, false)) {
    log_->answer_group(starts_);
  } else {
    log_->start(starts_);
  }
  for (const NamedPlace& start : starts_) {
    if (partitions_[start.partition].stopped) log_->stop(start.partition);
  }
  starts_.clear();
  coming_.clear();
  was_given_any_ = true;
}

/// What was read of it and is not handed out is void.
void PartitionReader::leave(Partition& partition, std::vector<Source>& sources) {
  const auto index = static_cast<std::size_t>(&partition - partitions_.data());
  partition.given = false;
  partition.stopped = true;
  if (!std::exchange(partition.reached, true)) --behind_;
  partition.due.clear();
  partition.taken = 0;
  std::erase(due_, index);
  std::erase(moved_, index);
  ++sources[partition.source].turn;
}

void PartitionReader::lose_all(std::vector<Source>& sources) {
  for (Partition& partition : partitions_) {
    if (partition.given) leave(partition, sources);
  }
  find_coming();
  not_before_ = std::chrono::steady_clock::now() + kAskAgainAfter;
}

Result<PartitionReader::Start> PartitionReader::start_of(const FoundPartition& found, const std::string& name) {
  const bool at_end = settings_.from_latest && !settings_.from_start && !found.came_later;
  Start start;
  start.all = start.first = {at_end ? found.end : found.begin, 0, false};
  if (book_ == nullptr) return start;
  Result<std::shared_ptr<BookedSource>> known = book_->find(name);
  if (!known) return known.error().in(name);
  start.booked = std::move(*known);
  start.known = start.booked != nullptr;
  if (!start.known) {
    // Else the next run would begin at the end of then.
    start.to_be_kept = at_end;
    start.booked = book_->begin(name, start.all);
    return start;
  }
  BookedSource& booked = *start.booked;
  if (settings_.from_start) {
    booked.start = booked.read = booked.known.place = start.all;
    booked.from.assign(booked.from.size(), start.all);
    booked.known.own.clear();
    return start;
  }
  if (const auto checked = check_place(start, found, name); !checked) return checked.error();
  return start;
}

/// Of a partition that an earlier run has read.
Result<void> PartitionReader::check_place(Start& start, const FoundPartition& found, const std::string& name) {
  BookedSource& booked = *start.booked;
  // A broker that has just been killed may say for a while that it ends before what it gave out; a reader that waits for
  // more finds out by asking for that.
  if (booked.start.offset > found.end && !settings_.follow) return made_anew(name, booked.start.offset, found.end);
  const SourcePlace begin{found.begin, 0, false};
  if (is_before(booked.earliest(), begin)) {
    warn_lost(name, booked.earliest().offset, found.begin);
    start.to_be_kept = is_before(booked.start, begin);
    if (start.to_be_kept) booked.start = booked.read = booked.known.place = begin;
    for (SourcePlace& place : booked.from) {
      if (is_before(place, begin)) place = begin;
    }
  }
  start.all = booked.start;
  const SourcePlace earliest = booked.earliest();
  start.first = is_before(earliest, start.all) ? SourcePlace{earliest.offset, 0, false} : start.all;
  return {};
}

void PartitionReader::warn_lost(const std::string& name, std::uint64_t from, std::uint64_t begin) const {
  if (!on_warning) return;
  on_warning({fmt::format("{}: records {} to {} were deleted before they were read; it goes on at {}", name,
                          from, begin - 1, begin)});
}

/// The record that was due is not there.
void PartitionReader::go_on(const LogNews::Gone& gone) {
  Partition& partition = partitions_[gone.partition];
  if (partition.stopped) return;
  if (partition.next.offset > gone.end) {
    fail(made_anew(*partition.name, partition.next.offset, gone.end));
    return stop(gone.partition);
  }
  if (partition.next.offset < gone.begin) {
    warn_lost(*partition.name, partition.next.offset, gone.begin);
    partition.next = {gone.begin, 0, false};
    if (is_before(partition.start, partition.next)) {
      partition.start = partition.next;
      moved_.push_back(gone.partition);
    }
  }
  if (partition.next.offset >= partition.end) reach_end(gone.partition);
  if (!partition.stopped) {
    log_->start({{gone.partition, partition.topic, partition.number, partition.next.offset}});
  }
}

bool PartitionReader::fill(Batch& batch) {
  while (!due_.empty()) {
    const std::size_t index = due_.front();
    const bool filled = fill_from(index, batch);
    Partition& partition = partitions_[index];
    if (partition.taken == partition.due.size()) {
      partition.due.clear();
      partition.taken = 0;
      due_.pop_front();
    }
    if (filled) return true;
  }
  if (std::exchange(ends_due_, false)) take_ends();
  if (moved_.empty()) return false;
  const Partition& partition = partitions_[moved_.front()];
  moved_.pop_front();
  label(partition, batch);
  batch.end = is_before(partition.next, partition.start) ? partition.start : partition.next;
  return true;
}

/// False: nothing of what has come is to be read.
bool PartitionReader::fill_from(std::size_t index, Batch& batch) {
  Partition& partition = partitions_[index];
  label(partition, batch);
  while (partition.taken < partition.due.size() && batch.block.size < kBlock) {
    const LogRecord& record = news_->records[partition.due[partition.taken]];
    const bool beyond = !settings_.follow && record.place.offset >= partition.end;
    if (beyond) reach_end(index);
    if (partition.stopped || record.place.offset < partition.next.offset) {
      ++partition.taken;
      continue;
    }
    if (!append(partition, record, batch)) break;
    if (partition.next.offset >= partition.end) reach_end(index);
  }
  return !batch.records.empty();
}

/// False: the batch has to end before it.
bool PartitionReader::append(Partition& partition, const LogRecord& record, Batch& batch) {
  const std::uint64_t offset = record.place.offset;
  RecordLines lines;
  if (offset == partition.next.offset) lines.begin = partition.next.lines;
  const bool catch_up = is_before({offset, lines.begin, false}, partition.start);
  if (!batch.records.empty() && batch.catch_up != catch_up) return false;
  batch.catch_up = catch_up;
  const bool in_two = catch_up && offset == partition.start.offset;
  if (in_two) lines.end = partition.start.lines;
  append_record(batch, offset, record.value, max_line_, lines);
  partition.next = in_two ? partition.start : SourcePlace{offset + 1, 0, false};
  batch.end = partition.next;
  if (in_two) return true;
  consumed_ += record.value.size();
  ++partition.taken;
  return true;
}

/// What stands before an end and was not given is none of our business: ends of transactions, or what was
/// taken back.
void PartitionReader::take_ends() {
  for (const LogPlace& end : news_->ends) {
    Partition& partition = partitions_[end.partition];
    if (partition.stopped) continue;
    const SourcePlace place{end.offset, 0, false};
    if (is_before(partition.next, place)) {
      partition.next = place;
      if (is_before(partition.start, place)) moved_.push_back(end.partition);
    }
    reach_end(end.partition);
  }
}

void PartitionReader::label(const Partition& partition, Batch& batch) const {
  RawBlock& block = batch.block;
  block.size = 0;
  block.offset = block.skipped = block.line_bytes = 0;
  block.unterminated = block.too_long = false;
  batch.of_log = true;
  batch.source = partition.name;
  batch.source_index = partition.source;
  batch.turn = partition.turn;
}

void PartitionReader::reach_end(std::size_t index) {
  Partition& partition = partitions_[index];
  if (!std::exchange(partition.reached, true)) --behind_;
  if (!settings_.follow) stop(index);
}

void PartitionReader::stop(std::size_t index) {
  Partition& partition = partitions_[index];
  if (!std::exchange(partition.reached, true)) --behind_;
  if (!std::exchange(partition.stopped, true)) log_->stop(index);
}

void PartitionReader::fail(const Error& error) {
  failed_ = true;
  errors_.push_back(error);
  if (on_failure) on_failure(error);
}

void PartitionReader::committed(const std::vector<Source>& sources) {
  std::vector<NamedPlace> places;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    const std::shared_ptr<BookedSource>& booked = sources[partition.source].booked;
    if (!partition.given || !booked || !booked->committed || booked->committed->offset == partition.noted) continue;
    partition.noted = booked->committed->offset;
    places.push_back({i, partition.topic, partition.number, partition.noted});
  }
  if (!places.empty()) log_->note_places(places);
}

}  // namespace mlmon
