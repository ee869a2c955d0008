#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mlmon {

/// What one observer keeps, by model and key: all of it in memory, with a list of what has changed since
/// the last checkpoint. Belongs to the observer's thread.
class ObserverState {
 public:
  struct Change {
    std::uint32_t model = 0;
    std::string key;
    std::optional<std::string> value;  // none: deleted
  };

  /// `notes_changes` false: nobody takes them.
  explicit ObserverState(bool notes_changes = true) : notes_changes_(notes_changes) {}

  /// What an earlier run has kept.
  void load(std::uint32_t model, std::string_view key, std::string_view value);

  /// Forgets what an earlier run has kept of a model; that is no change of the observer's.
  void begin_anew(std::uint32_t model) { values_.erase(model); }

  /// Where something is kept, in no order; of a key that begins with kHostKeys nobody else is told.
  struct Place {
    std::uint32_t model = 0;
    std::string key;
  };
  std::vector<Place> places() const;
  std::vector<Place> places_of(std::uint32_t model) const;
  static constexpr std::string_view kHostKeys = "mlmon:";

  /// The host's own keys of no model that begin so.
  std::vector<std::string> host_keys(std::string_view prefix) const;

  /// Null: nothing is kept there. Valid until the next call that changes it.
  const std::string* get(std::uint32_t model, std::string_view key) const;

  void put(std::uint32_t model, std::string_view key, std::string_view value);
  void erase(std::uint32_t model, std::string_view key);

  /// Changes since begin() can be undone, until the next begin().
  void begin() { before_.clear(); }
  void undo();

  /// The newest value of each thing that changed since the last call.
  std::vector<Change> take_changes();

 private:
  // An observer keeps a few things of a model: a short list is searched faster than a map.
  using Kept = std::vector<std::pair<std::string, std::string>>;

  void set(std::uint32_t model, std::string_view key, std::optional<std::string> value);
  void write(std::uint32_t model, std::string_view key, std::optional<std::string> value);

  bool notes_changes_;
  std::unordered_map<std::uint32_t, Kept> values_;
  std::unordered_set<std::string> changed_;  // model's four bytes and key
  std::vector<Change> before_;               // what undo() puts back
};

}  // namespace mlmon
