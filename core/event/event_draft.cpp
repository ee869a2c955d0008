#include "core/event/event_draft.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/event/event.h"
#include "core/event/event_types.h"
#include "core/text/json_number.h"
#include "core/text/json_text.h"

namespace mlmon {
namespace {

/// True for JSON's numbers, and for one that begins with its point, as bc writes it.
bool is_json_number(std::string_view text) {
  std::string padded(text.starts_with('.') ? "0" : "");
  padded += text;
  const std::size_t size = padded.size();
  padded.append(8, '\0');
  return skip_json_number(padded.data()) == padded.data() + size;
}

bool holds_number(const MemberPath& path) {
  switch (path.field) {
    case Field::kAccuracy: case Field::kPrecision: case Field::kRecall: case Field::kF1:
    case Field::kFigures: case Field::kFeatures:
    case Field::kPValue: case Field::kMagnitude: case Field::kSamples: return true;
    default: return false;
  }
}

void append_name(std::string& out, std::string_view name) {
  append_json_string(out, name);
  out += ':';
}

/// Of one of our own members, which needs no escaping.
void append_name(std::string& out, Field field) {
  out += '"';
  out += name_of(field);
  out += "\":";
}

/// The comma before a member that is not the first.
void append_comma(std::string& out) {
  if (out.back() != '{') out += ',';
}

}  // namespace

EventDraft::Value& EventDraft::add(const MemberPath& path) {
  const std::size_t key = text_.size();
  text_ += path.key;
  values_.push_back({path.field, path.part, key, text_.size(), text_.size()});
  return values_.back();
}

std::string_view EventDraft::key_of(const Value& value) const {
  return std::string_view(text_).substr(value.key, value.json - value.key);
}

std::string_view EventDraft::json_of(const Value& value) const {
  return std::string_view(text_).substr(value.json, value.end - value.json);
}

void EventDraft::put_text(const MemberPath& path, std::string_view text) {
  Value& value = add(path);
  if (holds_number(path) && is_json_number(text)) {
    if (text.starts_with('.')) text_ += '0';
    text_ += text;
  } else {
    append_json_string(text_, text);
  }
  value.end = text_.size();
}

void EventDraft::put_number(const MemberPath& path, double number) {
  Value& value = add(path);
  append_json_number(text_, number);
  value.end = text_.size();
}

void EventDraft::clear() {
  values_.clear();
  text_.clear();
}

bool EventDraft::has(Field field) const {
  return std::any_of(values_.begin(), values_.end(),
                     [&](const Value& value) { return value.field == field; });
}

bool EventDraft::has_figure() const {
  const FieldSet figures = figures_of(kind_);
  return std::any_of(values_.begin(), values_.end(),
                     [&](const Value& value) { return figures.has(value.field); });
}

void EventDraft::append_line(std::string& out) const {
  out += '{';
  for (const EventMember& member : members_of(kind_)) append_member(out, member);
  out += '}';
}

void EventDraft::append_member(std::string& out, const EventMember& member) const {
  switch (member.value) {
    case MemberValue::kType:
      append_name(out, Field::kType);
      append_json_string(out, kOwnTypes[kind_ - kMetrics]);
      return;
    case MemberValue::kModel:
      return append_model(out);
    case MemberValue::kFeatures:
      return append_features(out);
    case MemberValue::kFigures:
    case MemberValue::kTexts:
      return append_keyed(out, member.field);
    default:
      for (const Value& value : values_) {
        if (value.field != member.field) continue;
        append_comma(out);
        append_name(out, member.field);
        out += json_of(value);
      }
  }
}

void EventDraft::append_model(std::string& out) const {
  append_comma(out);
  append_name(out, Field::kModel);
  out += '{';
  for (const EventMember& member : model_members()) append_member(out, member);
  out += '}';
}

void EventDraft::append_keyed(std::string& out, Field field) const {
  if (!has(field)) return;
  append_comma(out);
  append_name(out, field);
  out += '{';
  for (const Value& value : values_) {
    if (value.field != field) continue;
    append_comma(out);
    append_name(out, key_of(value));
    out += json_of(value);
  }
  out += '}';
}

/// The values of a feature stand together, at the place of its first.
void EventDraft::append_features(std::string& out) const {
  std::vector<std::pair<std::string_view, std::vector<const Value*>>> features;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const Value& value : values_) {
    if (value.field != Field::kFeatures) continue;
    const auto [at, is_new] = places.emplace(key_of(value), features.size());
    if (is_new) features.push_back({key_of(value), {}});
    features[at->second].second.push_back(&value);
  }
  if (features.empty()) return;
  append_comma(out);
  append_name(out, Field::kFeatures);
  out += '{';
  for (const auto& [name, parts] : features) {
    append_comma(out);
    append_name(out, name);
    out += '{';
    for (const Value* const part : parts) {
      append_comma(out);
      append_name(out, part->part);
      out += json_of(*part);
    }
    out += '}';
  }
  out += '}';
}

}  // namespace mlmon
