#include "core/store/observer_state.h"

#include <algorithm>
#include <cstring>

namespace mlmon {
namespace {

std::string packed(std::uint32_t model, std::string_view key) {
  std::string at(sizeof model, '\0');
  std::memcpy(at.data(), &model, sizeof model);
  at += key;
  return at;
}

}  // namespace

void ObserverState::load(std::uint32_t model, std::string_view key, std::string_view value) {
  write(model, key, std::string(value));
}

std::vector<ObserverState::Place> ObserverState::places() const {
  std::vector<Place> all;
  for (const auto& [model, kept] : values_) {
    const std::vector<Place> some = places_of(model);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<ObserverState::Place> ObserverState::places_of(std::uint32_t model) const {
  std::vector<Place> places;
  const auto kept = values_.find(model);
  if (kept == values_.end()) return places;
  for (const auto& [key, value] : kept->second) {
    if (key.rfind(kHostKeys, 0) != 0) places.push_back({model, key});
  }
  return places;
}

std::vector<std::string> ObserverState::host_keys(std::string_view prefix) const {
  std::vector<std::string> keys;
  const auto kept = values_.find(0);
  if (kept == values_.end()) return keys;
  for (const auto& [key, value] : kept->second) {
    if (key.starts_with(prefix)) keys.push_back(key);
  }
  return keys;
}

const std::string* ObserverState::get(std::uint32_t model, std::string_view key) const {
  const auto kept = values_.find(model);
  if (kept == values_.end()) return nullptr;
  for (const auto& [name, value] : kept->second) {
    if (name == key) return &value;
  }
  return nullptr;
}

void ObserverState::put(std::uint32_t model, std::string_view key, std::string_view value) {
  set(model, key, std::string(value));
}

void ObserverState::erase(std::uint32_t model, std::string_view key) {
  set(model, key, std::nullopt);
}

void ObserverState::set(std::uint32_t model, std::string_view key,
                        std::optional<std::string> value) {
  const std::string* old = get(model, key);
  before_.push_back({model, std::string(key),
                     old != nullptr ? std::optional<std::string>(*old) : std::nullopt});
  if (notes_changes_) changed_.insert(packed(model, key));
  write(model, key, std::move(value));
}

void ObserverState::write(std::uint32_t model, std::string_view key,
                          std::optional<std::string> value) {
  Kept& kept = values_[model];
  const auto found =
      std::find_if(kept.begin(), kept.end(), [&](const auto& item) { return item.first == key; });
  if (!value) {
    if (found != kept.end()) kept.erase(found);
    if (kept.empty()) values_.erase(model);
  } else if (found != kept.end()) {
    found->second = std::move(*value);
  } else {
    kept.emplace_back(key, std::move(*value));
  }
}

void ObserverState::undo() {
  // The latest first, so that the oldest value is the one that stays.
  for (auto change = before_.rbegin(); change != before_.rend(); ++change) {
    write(change->model, change->key, std::move(change->value));
  }
  before_.clear();
}

std::vector<ObserverState::Change> ObserverState::take_changes() {
  std::vector<Change> changes;
  for (const std::string& at : changed_) {
    Change change;
    std::memcpy(&change.model, at.data(), sizeof change.model);
    change.key = at.substr(sizeof change.model);
    if (const std::string* value = get(change.model, change.key)) change.value = *value;
    changes.push_back(std::move(change));
  }
  changed_.clear();
  return changes;
}

}  // namespace mlmon
