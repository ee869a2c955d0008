#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/event/instant.h"
#include "core/event/model_spellings.h"

namespace mlmon {

/// One deployment of a model. Two deployments are the same model only if all three agree.
struct Model {
  std::string_view name, version;
  Instant deployed_at;
  std::string_view deployed_text;  // deployed_at in RFC 3339, UTC
};

/// `{"name":…,"version":…,"deployed_at":…}`, as it stands in actions.
void append_model_json(std::string& out, const Model& model);

/// Dense handles for models: 1, 2, 3 ... in the order in which they were first seen, which depends on
/// threads; only the model behind a handle has a meaning.
///
/// Thread-safe; at() and size() take no lock. References stay valid for the life of the table.
class ModelTable {
 public:
  ModelTable() = default;
  ~ModelTable();
  ModelTable(const ModelTable&) = delete;
  ModelTable& operator=(const ModelTable&) = delete;

  std::uint32_t intern(std::string_view name, std::string_view version, Instant deployed_at);

  /// REQUIRES: a handle that intern() returned.
  const Model& at(std::uint32_t handle) const;

  /// The highest handle so far.
  std::uint32_t size() const { return size_.load(std::memory_order_acquire); }

  /// How these models are written in lines, as far as it is remembered.
  ModelSpellings& spellings() { return spellings_; }

 private:
  /// Where a model stands: its piece, and its index there. Each piece is twice as large as the one before,
  /// so that models stay where they are while the table grows.
  struct Place {
    std::size_t piece, index;
  };
  static constexpr std::size_t kFirstPiece = 64;
  static constexpr std::size_t kChunk = 64 * 1024;
  static constexpr std::size_t kPieces = 27;  // for all handles
  static Place place_of(std::uint32_t handle);

  std::string_view keep(std::string_view text);

  std::array<std::atomic<Model*>, kPieces> pieces_{};
  std::atomic<std::uint32_t> size_{0};
  std::mutex mutex_;  // of those who add
  std::vector<std::unique_ptr<char[]>> chunks_;  // of the models' texts
  std::size_t chunk_left_ = 0;                   // in the last one
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;
  ModelSpellings spellings_;
};

}  // namespace mlmon
