#include "core/run/checkpoint_writer.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace mlmon {

CheckpointWriter::CheckpointWriter(std::vector<PipelineObserver>& observers, const std::vector<Source>& sources,
                                   const ModelTable& models, Store& store, Output& output, Deliveries& deliveries,
                                   bool deliver, bool durable)
    : observers_(observers),
      sources_(sources),
      models_(models),
      store_(store),
      output_(output),
      deliveries_(deliveries),
      deliver_(deliver),
      durable_(durable),
      actions_of_(observers.size(), 0),
      counted_(observers.size()) {}

void CheckpointWriter::take_leave(std::size_t observer) {
  if (observers_[observer].host) count(observer, observers_[observer].host->counts().counters, left_totals_);
}

void CheckpointWriter::succeed(const Succession& succession) {
  actions_of_ = succession.carried(std::move(actions_of_));
  counted_ = succession.carried(std::move(counted_));
}

void CheckpointWriter::put_left_totals(Checkpoint& checkpoint) {
  checkpoint.totals.insert(checkpoint.totals.end(), left_totals_.begin(), left_totals_.end());
  left_totals_.clear();
}

Result<void> CheckpointWriter::write_due() {
  const Result<std::int64_t> written = store_.written();
  if (!written) return written.error();
  written_ = *written;
  constexpr std::size_t kAll = 1'000'000'000;
  const auto due = store_.unwritten(written_, kAll);
  if (!due) return due.error();
  return write_due(*due);
}

Result<void> CheckpointWriter::write_due(const std::vector<DueLine>& due) {
  std::string lines;
  for (const DueLine& line : due) lines += line.json + "\n";
  std::optional<OutputPlace> known;
  if (const auto now = output_.place()) {
    const auto stored = store_.output_place(now->device, now->inode);
    if (!stored) return stored.error();
    known = *stored;
  }
  if (!lines.empty()) {
    if (const auto done = output_.complete(lines, known); !done) return done;
    written_ = std::max(written_, due.back().number);
  }
  return note_written(false);
}

Result<void> CheckpointWriter::note_written(bool ended) {
  Checkpoint checkpoint;
  checkpoint.written = written_;
  checkpoint.output = output_.place();
  for (std::size_t i = 0; ended && i < observers_.size(); ++i) {
    if (observers_[i].host) count(i, observers_[i].host->counts().counters, checkpoint.totals);
  }
  put_left_totals(checkpoint);
  const auto committed = store_.commit(checkpoint, models_);
  if (!committed) return committed.error();
  return {};
}

std::vector<std::optional<StopPlace>> CheckpointWriter::collect_into(Checkpoint& checkpoint) {
  std::vector<Decision> decisions;
  std::vector<std::size_t> owners;
  std::vector<std::optional<StopPlace>> stopped_at(observers_.size());
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    if (!observers_[i].host) continue;
    Epoch said = observers_[i].host->collect();
    stopped_at[i] = said.stopped_at;
    count(i, said.counters, checkpoint.totals);
    owners.insert(owners.end(), said.decisions.size(), i);
    if (decisions.empty()) {
      decisions = std::move(said.decisions);
    } else {
      std::move(said.decisions.begin(), said.decisions.end(), std::back_inserter(decisions));
    }
    if (!durable_) continue;  // what is kept ends with the run, and is in memory
    if (observers_[i].source == PipelineObserver::kNoSource) continue;  // it has seen nothing
    for (ObserverState::Change& change : said.changes) {
      checkpoint.state.push_back(
          {observers_[i].name, change.model, std::move(change.key), std::move(change.value), partition_of(i)});
    }
  }
  put_left_totals(checkpoint);
  take(std::move(decisions), std::move(owners));
  route_into(checkpoint);
  checkpoint.written = written_;
  checkpoint.output = output_.place();
  return stopped_at;
}

/// The row of the only source whose events it gets; 0: it gets those of all.
std::int64_t CheckpointWriter::partition_of(std::size_t observer) const {
  const std::size_t source = observers_[observer].source;
  return source < sources_.size() && sources_[source].booked ? sources_[source].booked->known.row : 0;
}

/// In the order of the events, for one event in that of the observers and of what each said.
void CheckpointWriter::take(std::vector<Decision> decisions,
                            std::vector<std::size_t> owners) {
  const auto by_seq = [](const Decision& a, const Decision& b) { return a.seq < b.seq; };
  if (std::is_sorted(decisions.begin(), decisions.end(), by_seq)) {  // they are of one observer, as a rule
    decided_ = {std::move(decisions), std::move(owners), {}};
    return;
  }
  std::vector<std::size_t> order(decisions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return decisions[a].seq < decisions[b].seq;
  });
  decided_ = {};
  decided_.decisions.reserve(decisions.size());
  decided_.owners.reserve(decisions.size());
  for (const std::size_t at : order) {
    decided_.decisions.push_back(std::move(decisions[at]));
    decided_.owners.push_back(owners[at]);
  }
}

/// What a plugin has counted since the checkpoint before.
void CheckpointWriter::count(std::size_t observer, const std::vector<CounterTotal>& now,
                             std::vector<Total>& totals) {
  for (const CounterTotal& counter : now) {
    counter_helps_.emplace(counter.name, counter.help);
    std::uint64_t& before = counted_[observer][counter.name];
    if (counter.total == before) continue;
    totals.push_back(
        {"counter", observers_[observer].name, counter.name, counter.total - before});
    before = counter.total;
  }
}

void CheckpointWriter::route_into(Checkpoint& checkpoint) {
  // Who keeps nothing between runs pays for the record only if somebody reads it.
  const bool records = durable_ || backlog_ != Backlog::kAll || deliveries_.wants_record();
  checkpoint.now_ms = deliveries_.now_ms();
  for (std::size_t i = 0; i < decided_.decisions.size(); ++i) {
    const Decision& decision = decided_.decisions[i];
    if (decision.suppressed) continue;
    Deliveries::Route route;
    const std::size_t leader = observers_[decided_.owners[i]].leader.value_or(decided_.owners[i]);
    if (deliver_) route = deliveries_.route(leader, decision);
    decided_.routed.push_back(!route.failed);
    NewAction action;
    action.id = decision.id;
    action.json = decision.json;
    action.model = decision.model;
    action.endpoints = std::move(route.endpoints);
    action.grouping = std::move(route.grouping);
    action.job = route.queue && durable_;
    action.request = decision.type == "retrain";
    if (decision.alert && (records || !decision.alert->suppressed.empty())) action.alert = &*decision.alert;
    action.backlog = backlog_;
    action.observer = observers_[decided_.owners[i]].name;
    action.type = decision.type;
    action.partition = partition_of(decided_.owners[i]);
    checkpoint.actions.push_back(std::move(action));
  }
}

void CheckpointWriter::place(std::vector<ReportedEnd>& ends) const {
  std::size_t at = 0, actions = 0;
  for (ReportedEnd& end : ends) {
    for (; at < decided_.decisions.size() && decided_.decisions[at].seq <= end.seq; ++at) {
      actions += decided_.decisions[at].suppressed ? 0 : 1;
    }
    end.actions = actions;
  }
}

Result<void> CheckpointWriter::write(const Checkpoint& checkpoint, const Committed& committed) {
  std::size_t bytes = 0;
  for (const Decision& decision : decided_.decisions) bytes += decision.json.size() + 1;
  std::string lines;
  lines.reserve(bytes);
  std::size_t action = 0;
  std::uint64_t to_nobody = 0;
  for (std::size_t i = 0; i < decided_.decisions.size(); ++i) {
    const Decision& decision = decided_.decisions[i];
    if (!decision.suppressed) {
      ++actions_of_[decided_.owners[i]];
      const std::size_t at = action++;
      if (!committed.fresh[at]) {
        ++actions_.already_known;
        continue;
      }
      count_new(decision);
      if (!deliver_) deliveries_.describe(decided_.owners[i], decision);
      const NewAction& stored = checkpoint.actions[at];
      to_nobody += stored.endpoints.empty() && !stored.job && decided_.routed[at] ? 1 : 0;
      unrouted_ += decided_.routed[at] ? 0 : 1;
    }
    lines += decision.json;
    lines += '\n';
  }
  actions_.decided += checkpoint.actions.size();
  if (const Result<void> written = write_out(lines); !written) {
    unwritten_ = to_nobody;
    return written;
  }
  if (committed.last != 0) written_ = committed.last;
  deliveries_.notify();
  return {};
}

/// Where the file is another one than before, its place is durable before anything stands behind it.
Result<void> CheckpointWriter::write_out(std::string_view lines) {
  if (lines.empty()) return {};
  const Result<bool> renewed = output_.renew();
  if (!renewed) return renewed.error();
  if (*renewed && durable_ && deliver_) {
    if (const auto noted = note_written(false); !noted) return noted;
  }
  return output_.write(lines);
}

void CheckpointWriter::count_new(const Decision& decision) {
  ++actions_.fresh;
  actions_.retrains_requested += decision.type == "retrain";
  actions_.alerts_fired += decision.type == "alert" &&
                           (decision.state == "firing" || decision.state == "flapping");
}

void CheckpointWriter::settle(const std::optional<OutboxTotals>& totals) {
  if (!totals) {
    actions_.waiting = actions_.fresh;  // as far as anybody can say
    return;
  }
  actions_.waiting = totals->waiting + unwritten_;
  actions_.dead = totals->dead + unrouted_;
  actions_.queued = totals->queued;
  actions_.waiting_from_before = totals->waiting_from_before;
  actions_.died = totals->died;
  actions_.delivered = actions_.fresh - actions_.waiting - actions_.dead - actions_.queued;
}

}  // namespace mlmon
