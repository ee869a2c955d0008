#include "core/run/dispatcher.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mlmon {

Dispatcher::Dispatcher(std::vector<PipelineObserver>& observers, ModelTable& models,
                       const EventRules& rules)
    : observers_(observers), models_(models) {
  begin_again(rules);
}

void Dispatcher::begin_again(const EventRules& rules) {
  events_.emplace(models_, rules);
  rest_.clear();
  rest_.resize(observers_.size());
}

void Dispatcher::add(Piece piece) {
  pieces_.push_back(std::move(piece));
  if (pieces_.size() == 1) begin_piece();
}

void Dispatcher::begin_piece() {
  const Piece& piece = pieces_.front();
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    rest_[i] = {};
    rest_[i].from = piece.first;
    if (!observers_[i].gets(piece.batch->source_index)) {
      rest_[i].planned = true;
      continue;
    }
    if (!piece.source || piece.batch->host_made) continue;
    const std::vector<std::uint64_t>& offsets = piece.batch->offset;
    const auto begin = offsets.begin();
    const SourcePlace& place = piece.source->from[i];
    const auto unseen = std::lower_bound(begin + piece.first, begin + piece.end, place.offset);
    std::uint32_t from = static_cast<std::uint32_t>(unseen - begin);
    // A record's lines have one offset.
    while (piece.batch->of_log && from < piece.end && offsets[from] == place.offset &&
           piece.batch->line[from] <= place.lines) {
      ++from;
    }
    rest_[i].from = from;
  }
}

bool Dispatcher::step() {
  if (pieces_.empty()) return false;
  bool moved = false;
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    if (!rest_[i].planned && ready(i)) {
      plan(i);
      moved = true;
    }
    while (!rest_[i].parts.empty() && offer(i)) moved = true;
  }
  if (std::all_of(rest_.begin(), rest_.end(), [](const Rest& rest) { return rest.done(); })) {
    done_ = std::move(pieces_.front());
    pieces_.pop_front();
    if (!pieces_.empty()) begin_piece();
    moved = true;
  }
  return moved;
}

/// Those that it waits for are done with the piece, and what they emitted is here.
bool Dispatcher::ready(std::size_t i) {
  for (const std::size_t emitter : observers_[i].waits_for) {
    Rest& rest = rest_[emitter];
    if (rest.taken) continue;
    if (!rest.done()) return false;
    ObserverHost& host = *observers_[emitter].host;
    if (!host.idle()) {
      host.flush();
      return false;
    }
    rest.emitted = host.take_derived();
    rest.taken = true;
  }
  return true;
}

/// Each derived event stands right behind the one that caused it; those of one in the order of the
/// observers that emitted them.
void Dispatcher::plan(std::size_t i) {
  const Piece& piece = pieces_.front();
  Rest& rest = rest_[i];
  rest.planned = true;
  std::vector<const DerivedEvent*> derived;
  for (const std::size_t emitter : observers_[i].waits_for) {
    for (const DerivedEvent& event : rest_[emitter].emitted) derived.push_back(&event);
  }
  std::stable_sort(derived.begin(), derived.end(),
                   [](const auto* a, const auto* b) { return a->seq < b->seq; });
  std::uint32_t from = rest.from;
  for (auto at = derived.begin(); at != derived.end();) {
    const std::uint64_t seq = (*at)->seq;
    const auto end = std::find_if(at, derived.end(), [&](const auto* e) { return e->seq != seq; });
    const std::uint32_t behind = piece.batch->row_of(seq) + 1;
    if (behind > from) rest.parts.push_back({piece.batch, from, behind});
    from = std::max(from, behind);
    const auto batch = batch_of({at, end});
    rest.parts.push_back({batch, 0, batch->rows()});
    at = end;
  }
  if (from < piece.end) rest.parts.push_back({piece.batch, from, piece.end});
}

/// Events that one and the same caused.
std::shared_ptr<const Batch> Dispatcher::batch_of(const std::vector<const DerivedEvent*>& events) {
  std::string lines;
  for (const DerivedEvent* event : events) lines += event->json + "\n";
  const DerivedEvent& first = *events.front();
  std::shared_ptr<Batch> batch = events_->batch_of(lines, first.source, first.seq);
  assert(batch->rows() == events.size() && "what is emitted was checked");
  batch->derived = true;
  batch->source_index = first.source_index;
  std::fill(batch->line.begin(), batch->line.end(), first.line);
  std::fill(batch->offset.begin(), batch->offset.end(), first.offset);
  return batch;
}

/// False: its queue has no room for the rest of the part.
bool Dispatcher::offer(std::size_t i) {
  PipelineObserver& observer = observers_[i];
  Part& part = rest_[i].parts.front();
  std::uint32_t taken = part.end - part.first;
  if (observer.host) {
    taken = observer.host->offer(part.batch, part.first, part.end);
  } else if (part.batch->counted()) {
    observer.missed += observer.subscription->count(*part.batch, part.first, taken);
  }
  part.first += taken;
  if (part.first < part.end) return false;
  rest_[i].parts.pop_front();
  return true;
}

std::optional<Piece> Dispatcher::take_done() { return std::exchange(done_, std::nullopt); }

void Dispatcher::drop() {
  pieces_.clear();
  done_.reset();
}

void Dispatcher::give_up() {
  while (!pieces_.empty()) {
    const Piece& piece = pieces_.front();
    for (std::size_t i = 0; i < observers_.size(); ++i) {
      Rest& rest = rest_[i];
      if (!observers_[i].gets(piece.batch->source_index)) continue;
      if (!rest.planned) rest.parts.push_back({piece.batch, rest.from, piece.end});
      for (const Part& part : rest.parts) {
        if (!part.batch->counted()) continue;
        observers_[i].missed +=
            observers_[i].subscription->count(*part.batch, part.first, part.end - part.first);
      }
    }
    pieces_.pop_front();
    if (!pieces_.empty()) begin_piece();
  }
}

}  // namespace mlmon
