#include "core/import/document_reader.h"

#include <utility>

namespace mlmon {

std::string DocumentReader::twice() const {
  std::string path;
  for (const Open& open : open_) {
    if (!open.value->is_object()) continue;
    path += (path.empty() ? "" : ".") + open.key;
  }
  return path;
}

/// 1.10 as a text is not 1.1: a number that would be written in another way keeps its own text.
bool DocumentReader::number_float(number_float_t value, const string_t& text) {
  constexpr std::size_t kSurelyShortest = 17;  // digits, point and sign that a double keeps
  const bool same = text.size() <= kSurelyShortest && text.back() != '0' && text.find_first_of("eE") == text.npos;
  return put(same ? ImportJson(value) : ImportJson::binary({text.begin(), text.end()})) != nullptr;
}

bool DocumentReader::key(string_t& name) {
  open_.back().key = std::move(name);
  return !open_.back().value->contains(open_.back().key);
}

/// Where it is now: as long as what holds it gets no further value.
ImportJson* DocumentReader::put(ImportJson value) {
  if (open_.empty()) {
    document_ = std::move(value);
    return &document_;
  }
  ImportJson& holder = *open_.back().value;
  if (holder.is_array()) {
    holder.push_back(std::move(value));
    return &holder.back();
  }
  auto& members = holder.get_ref<ImportJson::object_t&>();
  members.emplace_back(open_.back().key, std::move(value));  // that it is not there yet, key() has found
  return &members.back().second;
}

bool DocumentReader::open(ImportJson value) {
  ImportJson* const at = put(std::move(value));
  open_.push_back({at, ""});
  return true;
}

bool DocumentReader::close() {
  open_.pop_back();
  return true;
}

}  // namespace mlmon
