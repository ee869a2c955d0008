#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "cli/conformance/check.h"
#include "cli/conformance/dynamic_library.h"
#include "core/event/semver.h"
#include "core/plugin/elf_note.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

constexpr std::size_t kLongestText = 200;
constexpr std::uint16_t kLaterMinor = 9999;

Verdict accepted(const Subject& subject) {
  const auto library = PluginLibrary::load(subject.path, MLMON_VERSION);
  return Verdict::unless(library ? "" : library.error().text);
}

/// Calls `judge` with each class; the first text that it gives is the failure.
template <class Judge>
Verdict each_class(const Subject& subject, const Judge& judge) {
  const auto library = PluginLibrary::load(subject.path, MLMON_VERSION);
  for (const PluginClass& item : (*library)->classes()) {
    if (std::string wrong = judge(item.about); !wrong.empty()) return Verdict::failed(wrong);
  }
  return Verdict::ok();
}

bool is_reverse_dns(std::string_view id) {
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
  return plain && id.find('.') != id.npos && id.front() != '.' && id.back() != '.' &&
         id.find("..") == id.npos && id.size() <= kLongestText;
}

Verdict ids(const Subject& subject) {
  std::set<std::string> seen;
  return each_class(subject, [&](const mlmon_class& about) -> std::string {
    if (!is_reverse_dns(about.id)) {
      return fmt::format("class \"{}\": expected an id like com.example.stale", about.id);
    }
    return seen.insert(about.id).second ? "" : fmt::format("two classes are named {}", about.id);
  });
}

Verdict versions(const Subject& subject) {
  return each_class(subject, [](const mlmon_class& about) -> std::string {
    if (is_semver(about.version)) return "";
    return fmt::format("class {}: expected a semver like 1.0.0, got \"{}\"", about.id,
                       about.version);
  });
}

Verdict texts(const Subject& subject) {
  return each_class(subject, [](const mlmon_class& about) -> std::string {
    const std::string_view summary = about.summary;
    const bool one_line = std::none_of(summary.begin(), summary.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (is_utf8(summary) && one_line && !summary.empty() && summary.size() <= kLongestText)
      return "";
    return fmt::format("class {}: expected a summary of one line of UTF-8, at most {} bytes",
                       about.id, kLongestText);
  });
}

/// A struct of headers that this host knows has at most the size that it has here.
template <class T>
std::string size_of(const char* what, const T* it, bool known_headers) {
  if (it == nullptr || !known_headers || it->size <= sizeof(T)) return "";
  return fmt::format("{} says that it has {} bytes, and has {}", what, it->size, sizeof(T));
}

Verdict struct_sizes(const Subject& subject) {
  const Result<DynamicLibrary> library = DynamicLibrary::open(subject.path);
  const mlmon_plugin* plugin = ask_entry(*library, MLMON_ABI_MAJOR, MLMON_ABI_MINOR).plugin;
  if (plugin->reserved != 0) return Verdict::failed("mlmon_plugin: reserved is not 0");
  if (plugin->min_host_minor > plugin->abi_minor) {
    return Verdict::failed(fmt::format("min_host_minor is {}, that of its own headers is {}",
                                       plugin->min_host_minor, plugin->abi_minor));
  }
  const bool known = plugin->abi_minor <= MLMON_ABI_MINOR;
  std::string wrong = size_of("mlmon_plugin", plugin, known);
  for (std::uint32_t i = 0; i < plugin->n_classes && wrong.empty(); ++i) {
    const mlmon_class* about = plugin->classes[i];
    wrong = size_of("mlmon_class", about, known);
    if (wrong.empty()) wrong = size_of("mlmon_observer_role", about->observer, known);
    if (wrong.empty()) wrong = size_of("mlmon_delivery_role", about->delivery, known);
    if (wrong.empty() && about->observer != nullptr && about->observer->reserved != 0) {
      wrong = "mlmon_observer_role: reserved is not 0";
    }
    if (wrong.empty() && about->delivery != nullptr && about->delivery->reserved != 0) {
      wrong = "mlmon_delivery_role: reserved is not 0";
    }
  }
  return Verdict::unless(wrong);
}

/// All that the descriptor says, as bytes and texts.
std::string descriptor_content(const mlmon_plugin& plugin) {
  std::string all(reinterpret_cast<const char*>(&plugin), plugin.size);
  for (std::uint32_t i = 0; i < plugin.n_classes; ++i) {
    const mlmon_class& about = *plugin.classes[i];
    all.append(reinterpret_cast<const char*>(&about), about.size);
    for (const char* text : {about.id, about.version, about.summary, about.config_schema}) {
      if (text != nullptr) all.append(text).push_back('\0');
    }
  }
  return all;
}

Verdict described_twice(const Subject& subject) {
  const Result<DynamicLibrary> library = DynamicLibrary::open(subject.path);
  const mlmon_plugin* first = ask_entry(*library, MLMON_ABI_MAJOR, MLMON_ABI_MINOR).plugin;
  const std::string before = descriptor_content(*first);
  const mlmon_plugin* second = ask_entry(*library, MLMON_ABI_MAJOR, MLMON_ABI_MINOR).plugin;
  if (first != second)
    return Verdict::failed("the entry gives another descriptor when called again");
  return Verdict::unless(before == descriptor_content(*second) ? "" : "the descriptor changes");
}

/// A host of another version gets an answer: a descriptor, whose min_host_minor it reads, or a
/// reason.
Verdict hosts(const Subject& subject) {
  const Result<DynamicLibrary> library = DynamicLibrary::open(subject.path);
  for (const std::uint16_t minor : {std::uint16_t{0}, kLaterMinor}) {
    const EntryAnswer answer = ask_entry(*library, MLMON_ABI_MAJOR, minor);
    if (answer.plugin == nullptr && (answer.refusal.empty() || minor == kLaterMinor)) {
      return Verdict::failed(fmt::format(
          "a host of ABI {}.{} gets {}", MLMON_ABI_MAJOR, minor,
          answer.refusal.empty() ? "no descriptor and no reason" : "refused: " + answer.refusal));
    }
  }
  return Verdict::ok();
}

SortedJson described(const PluginLibrary& library) {
  SortedJson classes = SortedJson::array();
  for (const PluginClass& item : library.classes()) {
    SortedJson roles = SortedJson::array();
    if (item.observes()) roles.push_back("observer");
    if (item.delivers()) roles.push_back("delivery");
    classes.push_back({{"id", item.about.id}, {"version", item.about.version}, {"roles", roles}});
  }
  return classes;
}

Verdict note(const Subject& subject) {
  const Result<std::string> text = read_plugin_note(subject.path);
  if (!text) return Verdict::failed(text.error().text);
  if (text->empty()) {
    return Verdict::warning(
        "it has no note: `mlmon plugin list` cannot say what it is (<mlmon/note.h>)");
  }
  const SortedJson said = SortedJson::parse(*text, nullptr, false);
  if (!said.is_object() || !said.value("classes", SortedJson()).is_array()) {
    return Verdict::failed("its note is not a JSON object with classes");
  }
  const auto library = PluginLibrary::load(subject.path, MLMON_VERSION);
  SortedJson classes = SortedJson::array();
  for (const SortedJson& item : said["classes"]) {
    classes.push_back({{"id", item.value("id", "")},
                       {"version", item.value("version", "")},
                       {"roles", item.value("roles", SortedJson::array())}});
  }
  const SortedJson found = described(**library);
  if (classes != found) {
    return Verdict::failed(
        fmt::format("its note says {}, its descriptor {}", classes.dump(), found.dump()));
  }
  const std::string abi = said.value("abi", "");
  if (abi == (*library)->abi()) return Verdict::ok();
  return Verdict::failed(
      fmt::format("its note says ABI {}, its descriptor {}", abi, (*library)->abi()));
}

}  // namespace

std::vector<Check> descriptor_checks() {
  using enum Check::About;
  const std::vector<std::string> described = {"file.readable", "file.entry", "load.library",
                                              "descriptor.accepted"};
  return {
      {"descriptor.accepted",
       "mlmon takes what the entry gives",
       kFile,
       accepted,
       {"file.readable", "file.entry", "load.library"}},
      {"descriptor.ids", "ids are reverse DNS and unique", kFile, ids, described},
      {"descriptor.versions", "versions are semver", kFile, versions, described},
      {"descriptor.texts", "summaries are one line of UTF-8", kFile, texts, described},
      {"descriptor.sizes", "sizes are true and reserved members 0", kFile, struct_sizes, described},
      {"descriptor.repeated",
       "the entry always gives the same",
       kFile,
       described_twice,
       {"file.readable", "file.entry", "load.library", "descriptor.accepted", "descriptor.sizes"}},
      {"descriptor.hosts", "hosts of other minor versions get an answer", kFile, hosts, described},
      {"descriptor.note", "the ELF note agrees with the descriptor", kFile, note, described},
  };
}

}  // namespace mlmon
