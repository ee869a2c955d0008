// mlmon/plugin.hpp - what a plugin holds, and the macro that exports it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "note.h"
#include "plugin.h"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

/// A class as observer_class<> and delivery_class<> make it. All text is of static storage.
struct ClassSpec {
  const char* id;       // "org.example.stale": reverse DNS, unique
  const char* version;  // semver
  const char* summary;  // one line
  const char* schema;   // JSON Schema of the plugin's own keys (subset: sdk/README.md), or nullptr
  const mlmon_observer_role* observer;
  const mlmon_delivery_role* delivery;

  // Whether they are there: under -fsanitize=undefined GCC compares no address with nullptr in
  // constants.
  bool observes, delivers;

  std::uint32_t version_of_state = 0;  // see mlmon_class, here and below
  const char* subscribed = nullptr;
  const char* emitted = nullptr;
  bool needs_1_1 = false;

  /// The same class with this role too.
  constexpr ClassSpec with(const mlmon_delivery_role* role) const {
    ClassSpec spec = *this;
    spec.delivery = role;
    spec.delivers = true;
    return spec;
  }

  /// Its observers see events of these types, separated by spaces, in place of metrics, drift and job.
  constexpr ClassSpec subscribes(const char* types) const {
    ClassSpec spec = *this;
    spec.subscribed = types;
    spec.needs_1_1 = true;
    return spec;
  }

  /// Types of events that its observers may emit, separated by spaces; and of actions that are to be
  /// events for later observers.
  constexpr ClassSpec emits(const char* types) const {
    ClassSpec spec = *this;
    spec.emitted = types;
    spec.needs_1_1 = true;
    return spec;
  }

  /// The form of what its observers keep has changed so often. See Observer::migrate.
  constexpr ClassSpec state_version(std::uint32_t form) const {
    ClassSpec spec = *this;
    spec.version_of_state = form;
    spec.needs_1_1 = true;
    return spec;
  }
};

template <std::size_t N>
constexpr std::array<mlmon_class, N> to_classes(const ClassSpec (&specs)[N]) {
  std::array<mlmon_class, N> classes{};
  for (std::size_t i = 0; i < N; ++i) {
    const ClassSpec& spec = specs[i];
    classes[i] = {sizeof(mlmon_class), spec.version_of_state, spec.id,       spec.version,
                  spec.summary,        spec.schema,           spec.observer, spec.delivery,
                  spec.subscribed,     spec.emitted};
  }
  return classes;
}

/// The oldest host that all of them can do with.
template <std::size_t N>
constexpr std::uint16_t oldest_host(const ClassSpec (&specs)[N]) {
  for (const ClassSpec& spec : specs) {
    if (spec.needs_1_1) return 1;
  }
  return 0;
}

template <std::size_t N>
constexpr std::array<const mlmon_class*, N> to_pointers(const std::array<mlmon_class, N>& classes) {
  std::array<const mlmon_class*, N> pointers{};
  for (std::size_t i = 0; i < N; ++i) pointers[i] = &classes[i];
  return pointers;
}

/// Writes the JSON of <mlmon/note.h>, as much of it as there is room for, and tells its length.
class NoteWriter {
 public:
  constexpr NoteWriter(char* out, std::size_t room) : out_(out), room_(room) {}

  template <std::size_t N>
  constexpr std::size_t write(const ClassSpec (&specs)[N]) {
    raw("{\"abi\":\"" MLMON_NOTE_ABI "\",\"classes\":[");
    for (std::size_t i = 0; i < N; ++i) {
      raw(i == 0 ? "{\"id\":" : ",{\"id\":");
      quoted(specs[i].id);
      raw(",\"version\":");
      quoted(specs[i].version);
      raw(",\"summary\":");
      quoted(specs[i].summary);
      raw(",\"roles\":[");
      if (specs[i].observes) raw("\"observer\"");
      if (specs[i].observes && specs[i].delivers) raw(",");
      if (specs[i].delivers) raw("\"delivery\"");
      raw("]}");
    }
    raw("]}");
    return size_;
  }

 private:
  constexpr void put(char c) {
    if (size_ < room_) out_[size_] = c;
    ++size_;
  }
  constexpr void raw(std::string_view text) {
    for (const char c : text) put(c);
  }
  constexpr void quoted(std::string_view text) {
    put('"');
    for (const char c : text) {
      const bool control = static_cast<unsigned char>(c) < 0x20;
      if (c == '"' || c == '\\') put('\\');
      put(control ? ' ' : c);
    }
    put('"');
  }

  char* out_;
  std::size_t room_;
  std::size_t size_ = 0;
};

template <std::size_t N>
constexpr std::size_t note_size(const ClassSpec (&specs)[N]) {
  return NoteWriter(nullptr, 0).write(specs);
}

/// An ELF note as it stands in the file.
template <std::size_t Size>
struct Note {
  std::uint32_t owner_size = 6;
  std::uint32_t json_size = Size;
  std::uint32_t type = MLMON_NOTE_TYPE;
  char owner[8] = "mlmon";
  char json[(Size + 3) / 4 * 4] = {};

  template <std::size_t N>
  constexpr explicit Note(const ClassSpec (&specs)[N]) {
    NoteWriter(json, Size).write(specs);
  }
};

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop

/// Once in a plugin, at file scope: MLMON_PLUGIN(class, …). Descriptor and note are constants made
/// from the same expression; no code runs before the entry.
#define MLMON_PLUGIN(...)                                                                      \
  namespace {                                                                                  \
  constexpr ::mlmon::ClassSpec mlmon_specs[] = {__VA_ARGS__};                                  \
  constexpr auto mlmon_classes = ::mlmon::to_classes(mlmon_specs);                             \
  constexpr auto mlmon_class_pointers = ::mlmon::to_pointers(mlmon_classes);                   \
  constexpr ::mlmon_plugin mlmon_descriptor = {sizeof(::mlmon_plugin),                         \
                                               MLMON_ABI_MAJOR,                                \
                                               MLMON_ABI_MINOR,                                \
                                               ::mlmon::oldest_host(mlmon_specs),              \
                                               0,                                              \
                                               mlmon_class_pointers.size(),                    \
                                               mlmon_class_pointers.data()};                   \
  __attribute__((section(".note.mlmon"), used,                                                 \
                 aligned(4))) constexpr ::mlmon::Note< ::mlmon::note_size(mlmon_specs)>        \
      mlmon_note(mlmon_specs);                                                                 \
  }                                                                                            \
  extern "C" MLMON_EXPORT const ::mlmon_plugin* mlmon_plugin_entry_v1(const ::mlmon_loader*) { \
    return &mlmon_descriptor;                                                                  \
  }
