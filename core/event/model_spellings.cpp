#include "core/event/model_spellings.h"

#include <xxhash.h>

#include <algorithm>

namespace mlmon {
namespace {

constexpr std::size_t kSpare = 8192;  // beside two for each model
constexpr std::size_t kFirstTable = 1024;

std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace

/// Open addressing; at most half full, so that there is always an end to a search. A slot is written
/// once: its bytes last, so that who sees them sees the rest.
class ModelSpellings::Table {
 public:
  explicit Table(std::size_t size) : slots_(size) {}

  std::size_t size() const { return slots_.size(); }

  std::uint32_t find(std::uint64_t hash, std::string_view bytes) const {
    for (std::size_t i = hash;; ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      const char* const known = slot.bytes.load(std::memory_order_acquire);
      if (known == nullptr) return 0;
      if (slot.hash == hash && std::string_view(known, slot.length) == bytes) return slot.model;
    }
  }

  void add(std::uint64_t hash, std::string_view bytes, std::uint32_t model) {
    std::size_t i = hash;
    const auto slot_at = [this](std::size_t at) -> Slot& { return slots_[at & (slots_.size() - 1)]; };
    while (slot_at(i).bytes.load(std::memory_order_relaxed) != nullptr) ++i;
    Slot& slot = slot_at(i);
    slot.hash = hash;
    slot.length = static_cast<std::uint32_t>(bytes.size());
    slot.model = model;
    slot.bytes.store(bytes.data(), std::memory_order_release);
  }

  void add_all_of(const Table& other) {
    for (const Slot& slot : other.slots_) {
      const char* const bytes = slot.bytes.load(std::memory_order_relaxed);
      if (bytes != nullptr) add(slot.hash, {bytes, slot.length}, slot.model);
    }
  }

 private:
  struct Slot {
    std::atomic<const char*> bytes{nullptr};
    std::uint64_t hash = 0;
    std::uint32_t length = 0;
    std::uint32_t model = 0;
  };
  std::vector<Slot> slots_;
};

ModelSpellings::ModelSpellings() {
  tables_.push_back(std::make_unique<Table>(kFirstTable));
  newest_.store(tables_.back().get());
}

ModelSpellings::~ModelSpellings() = default;

std::uint32_t ModelSpellings::find(std::string_view bytes) const {
  return newest_.load(std::memory_order_acquire)->find(hash_of(bytes), bytes);
}

void ModelSpellings::add(std::string_view bytes, std::uint32_t model) {
  if (bytes.size() > kLongest) return;
  const auto room = [&] { return kSpare + 2 * std::max<std::size_t>(models_, model) > count_; };
  if (!room()) return;  // without the lock: it may be so for every line from here on
  const std::uint64_t hash = hash_of(bytes);
  const std::lock_guard lock(mutex_);
  if (!room() || tables_.back()->find(hash, bytes) != 0) return;
  models_ = std::max<std::size_t>(models_, model);
  ++count_;
  if (2 * count_ > tables_.back()->size()) {
    auto larger = std::make_unique<Table>(2 * tables_.back()->size());
    larger->add_all_of(*tables_.back());
    newest_.store(larger.get(), std::memory_order_release);
    tables_.push_back(std::move(larger));
  }
  tables_.back()->add(hash, bytes_.emplace_back(bytes), model);
}

}  // namespace mlmon
