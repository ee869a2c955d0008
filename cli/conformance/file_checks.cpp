#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cli/conformance/check.h"
#include "cli/conformance/dynamic_library.h"
#include "cli/conformance/elf_image.h"
#include "core/plugin/plugin_path.h"

namespace mlmon {
namespace {

using Symbol = ElfImage::Symbol;

constexpr const char* kEntry = "mlmon_plugin_entry_v";
constexpr std::size_t kMostNamed = 5;

std::string names(std::vector<std::string> all) {
  const std::size_t more = all.size() - std::min(all.size(), kMostNamed);
  all.resize(all.size() - more);
  return fmt::format("{}{}", fmt::join(all, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

std::vector<std::string> pick(const ElfImage& image,
                              const std::function<bool(const Symbol&)>& wanted) {
  std::vector<std::string> picked;
  for (const Symbol& symbol : image.symbols) {
    if (wanted(symbol)) picked.push_back(symbol.name);
  }
  return picked;
}

bool is_entry(const Symbol& symbol) {
  return symbol.defined && symbol.function && symbol.name == std::string(kEntry) + "1";
}

Verdict readable(const Subject& subject) {
  if (const Result<void> trusted = check_plugin_file(subject.path); !trusted) {
    return Verdict::failed(trusted.error().text);
  }
  const Result<ElfImage> image = ElfImage::read(subject.path);
  return Verdict::unless(image ? "" : image.error().text);
}

Verdict entry(const Subject& subject) {
  const Result<ElfImage> image = ElfImage::read(subject.path);
  if (!pick(*image, is_entry).empty()) return Verdict::ok();
  return Verdict::failed(fmt::format("it does not export the function {}1", kEntry));
}

Verdict exports(const Subject& subject) {
  const auto other = pick(*ElfImage::read(subject.path), [](const Symbol& symbol) {
    return symbol.defined && !symbol.unique && !symbol.name.starts_with(kEntry);
  });
  if (other.empty()) return Verdict::ok();
  return Verdict::failed(
      fmt::format("it exports {}: another plugin's may be taken for its own (link with plugin.map)",
                  names(other)));
}

Verdict unique(const Subject& subject) {
  const auto found =
      pick(*ElfImage::read(subject.path), [](const Symbol& symbol) { return symbol.unique; });
  if (found.empty()) return Verdict::ok();
  return Verdict::failed(fmt::format(
      "{}: shared with every other plugin (STB_GNU_UNIQUE; -fno-gnu-unique, plugin.map)",
      names(found)));
}

Verdict static_tls(const Subject& subject) {
  if (!ElfImage::read(subject.path)->static_tls) return Verdict::ok();
  return Verdict::failed(
      "it needs room in the static TLS block, of which there is little "
      "(-ftls-model=global-dynamic)");
}

Verdict stack(const Subject& subject) {
  if (!ElfImage::read(subject.path)->executable_stack) return Verdict::ok();
  return Verdict::failed("it makes the stack of the whole process executable (-z noexecstack)");
}

/// The library as the dynamic loader would find it for this plugin.
Result<DynamicLibrary> open_needed(const ElfImage& image, const std::string& name) {
  for (const std::string& folder : image.search) {
    const std::string path = folder + "/" + name;
    std::error_code failed;
    if (std::filesystem::exists(path, failed)) return DynamicLibrary::open(path);
  }
  return DynamicLibrary::open(name);
}

Verdict undefined(const Subject& subject) {
  const Result<ElfImage> image = ElfImage::read(subject.path);
  std::vector<DynamicLibrary> libraries;
  for (const std::string& name : image->needed) {
    Result<DynamicLibrary> library = open_needed(*image, name);
    if (!library) return Verdict::failed(library.error().text);
    libraries.push_back(*library);
  }
  const auto missing = pick(*image, [&](const Symbol& symbol) {
    if (symbol.defined || symbol.weak) return false;
    return std::none_of(libraries.begin(), libraries.end(), [&](const DynamicLibrary& library) {
      return library.find(symbol.name) != nullptr;
    });
  });
  if (missing.empty()) return Verdict::ok();
  return Verdict::failed(
      fmt::format("no library that it names has {} (link with -Wl,-z,defs)", names(missing)));
}

/// What a plugin in the process of others leaves alone.
Verdict imports(const Subject& subject) {
  static const std::set<std::string> kBreaking = {
      "exit",     "quick_exit", "setlocale", "signal",  "sigaction",  "sigset",
      "chdir",    "fchdir",     "umask",     "setenv",  "putenv",     "unsetenv",
      "clearenv", "dlclose",    "fork",      "longjmp", "siglongjmp", "srand"};
  const auto found = pick(*ElfImage::read(subject.path), [](const Symbol& symbol) {
    return !symbol.defined && kBreaking.contains(symbol.name);
  });
  if (found.empty()) return Verdict::ok();
  return Verdict::warning(
      fmt::format("it calls {}, which changes or ends the whole process", names(found)));
}

}  // namespace

std::vector<Check> file_checks() {
  using enum Check::About;
  return {
      {"file.readable", "a shared library that mlmon would load", kFile, readable},
      {"file.entry", "the entry symbol is there", kFile, entry, {"file.readable"}},
      {"file.exports", "nothing else is exported", kFile, exports, {"file.readable"}},
      {"file.unique",
       "no symbol is shared by force with other plugins",
       kFile,
       unique,
       {"file.readable"}},
      {"file.static_tls",
       "no room in the static TLS block is needed",
       kFile,
       static_tls,
       {"file.readable"}},
      {"file.stack", "the stack stays not executable", kFile, stack, {"file.readable"}},
      {"file.undefined",
       "the libraries that it names have all that it uses",
       kFile,
       undefined,
       {"file.readable"}},
      {"file.imports",
       "it calls nothing that changes the whole process",
       kFile,
       imports,
       {"file.readable"}},
  };
}

}  // namespace mlmon
