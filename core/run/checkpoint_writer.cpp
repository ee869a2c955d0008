#include "core/run/checkpoint_writer.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <numeric>
#include <utility>

namespace mlmon {

CheckpointWriter::CheckpointWriter(CheckpointParts parts, bool deliver, bool durable,
                                   std::function<void()> wake)
    : parts_(parts),
      deliver_(deliver),
      durable_(durable),
      stopped_at_(parts.observers.size()),
      actions_of_(parts.observers.size(), 0),
      committer_(parts.store, parts.models, std::move(wake)) {}

Result<void> CheckpointWriter::write_due() {
  const Result<std::int64_t> written = parts_.store.written();
  if (!written) return written.error();
  written_ = *written;
  constexpr std::size_t kAll = 1'000'000'000;
  const auto due = parts_.store.unwritten(written_, kAll);
  if (!due) return due.error();
  std::string lines;
  for (const DueLine& line : *due) lines += line.json + "\n";
  std::optional<OutputPlace> known;
  if (const auto now = parts_.output.place()) {
    const auto stored = parts_.store.output_place(now->device, now->inode);
    if (!stored) return stored.error();
    known = *stored;
  }
  if (!lines.empty()) {
    if (const auto done = parts_.output.complete(lines, known); !done) return done;
    written_ = due->back().number;
  }
  return note_written();
}

Result<void> CheckpointWriter::note_written() {
  Checkpoint checkpoint;
  checkpoint.written = written_;
  checkpoint.output = parts_.output.place();
  const auto committed = parts_.store.commit(checkpoint, parts_.models);
  if (!committed) return committed.error();
  return {};
}

void CheckpointWriter::begin() {
  assert(!busy());
  in_store_ = {};
  collect();
  route();
  parts_.coverage.put_into(in_store_.checkpoint, parts_.observers, stopped_at_);
  in_store_.checkpoint.written = written_;
  in_store_.checkpoint.output = parts_.output.place();
  in_store_.checkpoint.now_ms = parts_.clock.now_ns() / 1'000'000;
  committer_.begin(in_store_.checkpoint);
}

/// The decisions before the barrier in the order of the events, for one event in that of the observers and
/// of what each said; and the changes of their states.
void CheckpointWriter::collect() {
  std::vector<Decision> decisions;
  std::vector<std::size_t> owner_of;
  for (std::size_t i = 0; i < parts_.observers.size(); ++i) {
    if (!parts_.observers[i].host) continue;
    Epoch said = parts_.observers[i].host->collect();
    stopped_at_[i] = said.stopped_at;
    owner_of.insert(owner_of.end(), said.decisions.size(), i);
    std::move(said.decisions.begin(), said.decisions.end(), std::back_inserter(decisions));
    for (ObserverState::Change& change : said.changes) {
      in_store_.checkpoint.state.push_back({parts_.observers[i].name, change.model,
                                            std::move(change.key), std::move(change.value)});
    }
  }
  std::vector<std::size_t> order(decisions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return decisions[a].seq < decisions[b].seq;
  });
  in_store_.decisions.reserve(decisions.size());
  in_store_.owners.reserve(decisions.size());
  for (const std::size_t at : order) {
    in_store_.decisions.push_back(std::move(decisions[at]));
    in_store_.owners.push_back(owner_of[at]);
  }
}

void CheckpointWriter::route() {
  // Who keeps nothing between runs pays for the record only if somebody reads it.
  const bool records =
      durable_ || backlog_ != Backlog::kAll || parts_.deliveries.wants_record();
  for (std::size_t i = 0; i < in_store_.decisions.size(); ++i) {
    const Decision& decision = in_store_.decisions[i];
    if (decision.suppressed) continue;
    Deliveries::Route route;
    if (deliver_) route = parts_.deliveries.route(in_store_.owners[i], decision);
    in_store_.routed.push_back(!route.failed);
    NewAction action;
    action.id = decision.id;
    action.json = decision.json;
    action.model = decision.model;
    action.endpoints = std::move(route.endpoints);
    action.grouping = std::move(route.grouping);
    action.job = route.queue && durable_;
    action.request = decision.type == "retrain";
    const bool may_be_suppressed = decision.json.find("\"suppressed\":") != std::string::npos;
    action.alert = decision.type == "alert" && (records || may_be_suppressed);
    action.backlog = backlog_;
    in_store_.checkpoint.actions.push_back(std::move(action));
  }
}

Result<void> CheckpointWriter::finish() {
  const Result<Committed> outcome = committer_.take();
  if (!outcome) return outcome.error();
  return write(*outcome);
}

/// What is new goes to the output and the endpoints.
Result<void> CheckpointWriter::write(const Committed& committed) {
  parts_.coverage.committed(committed.rows);
  std::string lines;
  std::size_t action = 0;
  std::uint64_t to_nobody = 0;
  for (std::size_t i = 0; i < in_store_.decisions.size(); ++i) {
    const Decision& decision = in_store_.decisions[i];
    if (!decision.suppressed) {
      ++actions_of_[in_store_.owners[i]];
      const std::size_t at = action++;
      if (!committed.fresh[at]) {
        ++actions_.already_known;
        continue;
      }
      count_new(decision);
      if (!deliver_) parts_.deliveries.describe(in_store_.owners[i], decision);
      const NewAction& stored = in_store_.checkpoint.actions[at];
      to_nobody += stored.endpoints.empty() && !stored.job && in_store_.routed[at] ? 1 : 0;
      unrouted_ += in_store_.routed[at] ? 0 : 1;
    }
    lines += decision.json;
    lines += '\n';
  }
  actions_.decided += in_store_.checkpoint.actions.size();
  if (const Result<void> written = parts_.output.write(lines); !written) {
    unwritten_ = to_nobody;
    return written;
  }
  if (committed.last != 0) written_ = committed.last;
  parts_.deliveries.notify();
  return {};
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
