#include "core/event/line_shapes.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "core/event/rfc3339.h"
#include "core/text/json_number.h"
#include "core/text/json_scan.h"
#include "core/text/word.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

// Beyond these there is more variety than a tree of shapes is good for.
constexpr std::size_t kMostEdges = 512;
constexpr std::size_t kMostLiteralBytes = 64 * 1024;  // of literals
constexpr std::size_t kMostChoices = 16;       // of edges at one node

constexpr std::uint64_t kUseful = 64;  // hits that made it worth to learn the last one
constexpr std::uint64_t kMostPatience = 4095;

const char* read_fraction(const char* at, double& value) {
  at = read_json_number(at, value);
  return at != nullptr && value >= 0 && value <= 1 ? at : nullptr;
}

const char* read_effect(const char* at, double& value) {
  at = read_json_number(at, value);
  return at != nullptr && value >= 0 ? at : nullptr;
}

const char* read_event_time(const char* at, const char* end, TimeRule rule, std::int64_t& time_ns) {
  const char* const quote = skip_plain_json_string(at, end);
  Instant instant;
  const std::string_view text(at, static_cast<std::size_t>(quote - at));
  if (read_rfc3339(text, instant, rule) != Rfc3339::kInstant) return nullptr;
  // The seconds at the very ends of 64 bits are left to the parser.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kNsPerSecond - 1;
  if (instant.seconds < -kMost || instant.seconds > kMost) return nullptr;
  time_ns = instant.seconds * kNsPerSecond + instant.nanos;
  return quote;
}

const char* skip_scalar(const char* at, const char* end) {
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  switch (*at) {
    case '"':
      at = skip_plain_json_string(at + 1, end);
      return *at == '"' ? at + 1 : nullptr;
    case 't': return rest.starts_with("true") ? at + 4 : nullptr;
    case 'f': return rest.starts_with("false") ? at + 5 : nullptr;
    case 'n': return rest.starts_with("null") ? at + 4 : nullptr;
    default: return skip_json_number(at);
  }
}

/// What the event does not say here stands in no slot of its shape, so that no line of that shape says it.
bool is_plain_event(const Event& event, const std::vector<LineShape::Part>& parts) {
  const bool any_text = std::any_of(parts.begin(), parts.end(), [](const LineShape::Part& part) {
    return part.slot == Slot::kText || part.slot == Slot::kScalar;
  });
  return !any_text && (event.kind == kMetrics || event.kind == kDrift) && event.id.empty() &&
         event.id_source.empty() && event.feature.empty() && event.metrics.empty() && event.labels.empty() &&
         event.features.empty();
}

}  // namespace

LineShapes::LineShapes(const ModelSpellings& spellings, bool nan_is_null, bool lenient_times)
    : spellings_(spellings),
      times_(lenient_times ? TimeRule::kLenient : TimeRule::kStrict),
      shape_(nan_is_null) {}

LineShapes::Literal::Literal(std::string_view text)
    : words_(text.size() / 8 + 1), size_(text.size()) {
  std::memcpy(words_.data(), text.data(), text.size());
  for (std::uint64_t& word : words_) word = load_word(reinterpret_cast<const char*>(&word));
  last_mask_ = (std::uint64_t{1} << (size_ % 8 * 8)) - 1;
}

/// Goes word by word and stops at the first that differs: no literal holds a newline, so that it never
/// gets beyond the line by a whole word.
inline bool LineShapes::Literal::stands_at(const char* at) const {
  const std::size_t whole = words_.size() - 1;
  for (std::size_t i = 0; i < whole; ++i, at += 8) {
    if (load_word(at) != words_[i]) return false;
  }
  return ((load_word(at) ^ words_[whole]) & last_mask_) == 0;
}

/// The edge whose literal stands there; null: there is none.
inline const LineShapes::Edge* LineShapes::Node::edge_at(const char* at) const {
  for (const Edge& edge : edges) {
    if (edge.literal.stands_at(at)) return &edge;
  }
  return nullptr;
}

const char* LineShapes::read(const char* at, const char* end, Event& event, std::uint32_t& model) {
  event.accuracy = event.precision = event.recall = event.f1 = kAbsent;
  event.p_value = event.magnitude = kAbsent;
  event.samples = -1;
  const char* object = at;
  const Node* node = &root_;
  for (;;) {
    const Edge* const edge = node->edge_at(at);
    if (edge == nullptr) return nullptr;
    at += edge->literal.size();
    if (edge->slot == Slot::kEnd) {
      if (*at != '\n') return nullptr;
      event.kind = edge->kind;
      event.plain = edge->plain;
      event.json = {object, static_cast<std::size_t>(at - object)};
      ++hits_;
      return at;
    }
    if (edge->slot == Slot::kEvent) object = at;
    at = read_slot(edge->slot, at, end, event, model);
    if (at == nullptr) return nullptr;
    node = &edge->next;
  }
}

/// Behind the value; null: it does not fit. That a string ends with a quote is for the literal behind it
/// to find.
inline const char* LineShapes::read_slot(Slot slot, const char* at, const char* end, Event& event,
                                         std::uint32_t& model) {
  double finite = 0;
  switch (slot) {
    case Slot::kEvent: return at;
    case Slot::kModel: return read_model(at, end, model);
    case Slot::kEventTime: return read_event_time(at, end, times_, event.time_ns);
    case Slot::kAccuracy: return read_fraction(at, event.accuracy);
    case Slot::kPrecision: return read_fraction(at, event.precision);
    case Slot::kRecall: return read_fraction(at, event.recall);
    case Slot::kF1: return read_fraction(at, event.f1);
    case Slot::kPValue: return read_fraction(at, event.p_value);
    case Slot::kMagnitude: return read_effect(at, event.magnitude);
    case Slot::kSamples: return read_json_count(at, event.samples);
    case Slot::kFinite: return read_json_number(at, finite);
    case Slot::kText: return skip_plain_json_string(at, end);
    case Slot::kScalar: return skip_scalar(at, end);
    case Slot::kEnd: break;
  }
  return nullptr;
}

const char* LineShapes::read_model(const char* at, const char* end, std::uint32_t& model) {
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  if (!last_ || !rest.starts_with(last_.bytes())) {
    const ModelSpellings::Spelling found = find_model(rest);
    if (!found) return nullptr;
    last_ = found;
  }
  model = last_.model();
  return at + last_.bytes().size();
}

/// No proper prefix of a JSON object is one: if the bytes up to a brace are known to be an object, they
/// are the whole of it.
ModelSpellings::Spelling LineShapes::find_model(std::string_view rest) {
  const std::uint32_t before = last_ ? last_.model() : 0;
  if (before >= after_.size()) after_.resize(before + 1 + before / 2);
  ModelSpellings::Spelling& guess = after_[before];
  if (guess && rest.starts_with(guess.bytes())) return guess;
  const std::size_t brace = rest.substr(0, ModelSpellings::kLongest).find('}');
  if (brace == std::string_view::npos) return {};
  const ModelSpellings::Spelling found = spellings_.find(rest.substr(0, brace + 1));
  if (found) guess = found;
  return found;
}

void LineShapes::learn(std::string_view line, const Event& event) {
  if (!worth_learning() || !shape_.cut(line, event.kind)) return;
  if (!add(shape_.parts(), event.kind, is_plain_event(event, shape_.parts()))) forget();
}

bool LineShapes::worth_learning() {
  if (++misses_ < patience_) return false;
  // Odd numbers, so that of lines that take turns not always the same is learned.
  patience_ = hits_ >= kUseful ? 1 : std::min(2 * patience_ + 1, kMostPatience);
  hits_ = misses_ = 0;
  return true;
}

/// False: the tree would grow too large.
bool LineShapes::add(const std::vector<LineShape::Part>& parts, std::uint32_t kind, bool plain) {
  Node* node = &root_;
  for (const LineShape::Part& part : parts) {
    Edge* const edge = edge_for(*node, part, part.slot == Slot::kEnd ? kind : 0);
    if (edge == nullptr) return false;
    edge->plain = plain && part.slot == Slot::kEnd;
    node = &edge->next;
  }
  return true;
}

/// The edge that there is or now is; null: there is no room for it.
LineShapes::Edge* LineShapes::edge_for(Node& node, const LineShape::Part& part,
                                       std::uint32_t kind) {
  std::vector<Edge>& edges = node.edges;
  const Literal literal(part.literal);
  const auto same = std::find_if(edges.begin(), edges.end(), [&](const Edge& edge) {
    return edge.slot == part.slot && edge.kind == kind && edge.literal == literal;
  });
  if (same != edges.end()) return &*same;
  ++edges_;
  bytes_ += literal.size();
  if (edges_ > kMostEdges || bytes_ > kMostLiteralBytes || edges.size() == kMostChoices) return nullptr;
  const auto shorter = std::find_if(edges.begin(), edges.end(), [&](const Edge& edge) {
    return edge.literal.size() < literal.size();
  });
  return &*edges.insert(shorter, Edge{literal, part.slot, kind, false, {}});
}

void LineShapes::forget() {
  root_.edges.clear();
  edges_ = bytes_ = 0;
}

}  // namespace mlmon
