#include "core/action/action_id.h"

#include <xxhash.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/action/whole_object.h"

namespace mlmon {
namespace {

/// The canonical bytes: every text behind its length, every number in 8 bytes, little endian.
class Canonical {
 public:
  Canonical() { bytes_.reserve(512); }

  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void number(std::uint64_t value) {
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    std::array<char, sizeof value> bytes;
    std::memcpy(bytes.data(), &value, sizeof value);
    bytes_.append(bytes.data(), bytes.size());
  }
  void figure(double value) {
    // One pattern for "absent", and the two zeros are the same figure.
    if (std::isnan(value)) return number(~std::uint64_t{0});
    number(std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value));
  }
  void instant(Instant at) {
    number(static_cast<std::uint64_t>(at.seconds));
    number(static_cast<std::uint64_t>(at.nanos));
  }
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void add_content(Canonical& out, const Event& event) {
  out.text(event.type);
  out.text(event.model_name);
  out.text(event.model_version);
  out.instant(event.deployed_at);
  out.number(static_cast<std::uint64_t>(event.time_ns));
  for (const double figure : {event.accuracy, event.precision, event.recall, event.f1,
                              event.p_value, event.magnitude}) {
    out.figure(figure);
  }
  out.number(static_cast<std::uint64_t>(event.samples));
  for (const std::string_view text : {event.id_source, event.id, event.feature, event.job,
                                      event.status, event.note}) {
    out.text(text);
  }
  out.number(event.metrics.size());
  for (const auto& [name, value] : event.metrics) {
    out.text(name);
    out.figure(value);
  }
  out.number(event.labels.size());
  for (const auto& [name, value] : event.labels) {
    out.text(name);
    out.text(value);
  }
  out.number(event.features.size());
  for (const Event::Feature& feature : event.features) {
    out.text(feature.name);
    out.figure(feature.p_value);
    out.figure(feature.magnitude);
  }
}

std::string base32(std::uint64_t high, std::uint64_t low) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::array<char, 26> text{};
  for (std::size_t i = text.size(); i-- > 0;) {
    text[i] = kDigits[low & 31];
    low = (low >> 5) | (high << 59);
    high >>= 5;
  }
  return {text.data(), text.size()};
}

Canonical begin_content(const ActionKey& key, const Model& about) {
  Canonical content;
  for (const std::string_view text : {key.observer, key.type, key.rule, key.transition}) {
    content.text(text);
  }
  content.text(about.name);
  content.text(about.version);
  content.instant(about.deployed_at);
  return content;
}

std::string id_of(std::int64_t time_ns, const Canonical& content) {
  // Unsigned, so that times before 1970 sort before those after it.
  const std::uint64_t time = static_cast<std::uint64_t>(time_ns) ^ (std::uint64_t{1} << 63);
  return base32(time, XXH3_64bits(content.bytes().data(), content.bytes().size()));
}

}  // namespace

std::string action_id(const ActionKey& key, const Model& about, const Event& event) {
  Canonical content = begin_content(key, about);
  add_content(content, event);
  if (event.kind >= kFirstForeignKind) content.text(whole_object(event.json));
  return id_of(event.time_ns, content);
}

std::string action_id(const ActionKey& key, const Model& about, std::int64_t tick_ns) {
  Canonical content = begin_content(key, about);
  content.text("");  // where an event has its type
  return id_of(tick_ns, content);
}

}  // namespace mlmon
