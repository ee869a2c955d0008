#include "core/run/dispatcher.h"

#include <algorithm>
#include <utility>

namespace mlmon {

Dispatcher::Dispatcher(std::vector<PipelineObserver>& observers)
    : observers_(observers), next_row_(observers.size(), 0) {}

void Dispatcher::add(Piece piece) {
  pieces_.push_back(std::move(piece));
  if (pieces_.size() == 1) begin_piece();
}

void Dispatcher::begin_piece() {
  const Piece& piece = pieces_.front();
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    next_row_[i] = piece.first;
    if (!piece.source || piece.batch->host_made) continue;
    const std::vector<std::uint64_t>& offsets = piece.batch->offset;
    const auto begin = offsets.begin();
    const auto unseen = std::lower_bound(begin + piece.first, begin + piece.end,
                                         piece.source->from[i].offset);
    next_row_[i] = static_cast<std::uint32_t>(unseen - begin);
  }
}

bool Dispatcher::step() {
  if (pieces_.empty()) return false;
  const Piece& piece = pieces_.front();
  bool moved = false;
  bool all = true;
  for (std::size_t i = 0; i < observers_.size(); ++i) {
    PipelineObserver& observer = observers_[i];
    std::uint32_t taken = 0;
    if (observer.host) {
      taken = observer.host->offer(piece.batch, next_row_[i], piece.end);
    } else {
      taken = piece.end - next_row_[i];
      if (piece.batch->counted()) {
        observer.missed += observer.subscription->count(*piece.batch, next_row_[i], taken);
      }
    }
    next_row_[i] += taken;
    moved |= taken > 0;
    all &= next_row_[i] == piece.end;
  }
  if (all) {
    done_ = std::move(pieces_.front());
    pieces_.pop_front();
    if (!pieces_.empty()) begin_piece();
    moved = true;
  }
  return moved;
}

std::optional<Piece> Dispatcher::take_done() { return std::exchange(done_, std::nullopt); }

void Dispatcher::give_up() {
  while (!pieces_.empty()) {
    const Piece& piece = pieces_.front();
    for (std::size_t i = 0; i < observers_.size() && piece.batch->counted(); ++i) {
      const std::uint32_t left = piece.end - next_row_[i];
      observers_[i].missed += observers_[i].subscription->count(*piece.batch, next_row_[i], left);
    }
    pieces_.pop_front();
    if (!pieces_.empty()) begin_piece();
  }
}

}  // namespace mlmon
