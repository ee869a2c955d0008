#include "core/plugin/plugin_library.h"

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "core/event/event_types.h"

namespace mlmon {
namespace {

constexpr const char* kEntry = "mlmon_plugin_entry_v1";

// Sizes of the structs as they were in 1.0: less than that is no plugin of ours.
constexpr std::uint32_t kPluginSize10 = 24;
constexpr std::uint32_t kClassSize10 = 56;
constexpr std::uint32_t kObserverRoleSize10 = 40;
constexpr std::uint32_t kDeliveryRoleSize10 = 64;
static_assert(sizeof(mlmon_plugin) >= kPluginSize10);
static_assert(sizeof(mlmon_class) >= kClassSize10);
static_assert(sizeof(mlmon_observer_role) >= kObserverRoleSize10);
static_assert(sizeof(mlmon_delivery_role) >= kDeliveryRoleSize10);

/// dlerror() at once: Boost's error_code knows less.
std::string loader_text(const std::string& otherwise) {
  const char* text = dlerror();
  return text != nullptr ? std::string(text) : otherwise;
}

/// The refusal of the plugin that is being loaded; the entry point is called on one thread only.
struct Refusal {
  mlmon_loader loader;
  std::string text;
};

void take_refusal(const mlmon_loader* loader, mlmon_str text) {
  // The loader stands first in its Refusal.
  auto* refusal = reinterpret_cast<Refusal*>(const_cast<mlmon_loader*>(loader));
  refusal->text.assign(text.ptr, text.len);
}

/// Copies as much as both sides know and leaves the rest zero.
template <class T>
T copy_struct(const T& theirs) {
  T ours{};
  std::memcpy(&ours, &theirs, std::min<std::size_t>(theirs.size, sizeof ours));
  ours.size = sizeof ours;
  return ours;
}

Result<void> check_version(const mlmon_plugin& plugin) {
  if (plugin.size < kPluginSize10) {
    return Error{fmt::format("its descriptor has {} bytes, expected at least {}", plugin.size,
                             kPluginSize10)};
  }
  if (plugin.abi_major != MLMON_ABI_MAJOR || plugin.min_host_minor > MLMON_ABI_MINOR) {
    return Error{fmt::format("it needs plugin ABI {}.{}, this mlmon offers {}.{}", plugin.abi_major,
                             plugin.min_host_minor, MLMON_ABI_MAJOR, MLMON_ABI_MINOR)};
  }
  if (plugin.n_classes == 0 || plugin.classes == nullptr) return Error{"it describes no class"};
  return {};
}

/// Types that a class lists; the host's own may stand among those that it subscribes to only.
Result<void> read_types(PluginClass& result) {
  result.subscribes = result.about.subscribes != nullptr ? split_types(result.about.subscribes) : kOwnTypes;
  result.emits = split_types(result.about.emits);
  for (const auto* types : {&result.subscribes, &result.emits}) {
    for (const std::string& type : *types) {
      const bool taken = types == &result.emits && own_kind_of(type) != 0;
      if (is_type_name(type) && !taken) continue;
      return Error{fmt::format("class {}: \"{}\" is not a type of event that it can {}",
                               result.about.id, type,
                               types == &result.emits ? "emit" : "subscribe to")};
    }
  }
  return {};
}

Result<PluginClass> read_class(const mlmon_class* theirs) {
  if (theirs == nullptr || theirs->size < kClassSize10) {
    return Error{fmt::format("a class descriptor is missing or shorter than {} bytes", kClassSize10)};
  }
  PluginClass result{copy_struct(*theirs), {}, {}, {}, {}, {}};
  const mlmon_class& about = result.about;
  if (about.id == nullptr || *about.id == '\0') return Error{"a class has no id"};
  if (about.version == nullptr || about.summary == nullptr) {
    return Error{fmt::format("class {} has no version or summary", about.id)};
  }
  if (const Result<void> types = read_types(result); !types) return types.error();
  if (about.observer != nullptr) {
    if (about.observer->size < kObserverRoleSize10) {
      return Error{fmt::format("class {}: the observer role is too short", about.id)};
    }
    result.observer = copy_struct(*about.observer);
    const mlmon_observer_role& role = result.observer;
    result.make = role.create;
    if (!role.create || !role.on_batch || !role.destroy) {
      return Error{fmt::format("class {}: create, on_batch and destroy must be there", about.id)};
    }
  }
  if (about.delivery != nullptr) {
    if (about.delivery->size < kDeliveryRoleSize10) {
      return Error{fmt::format("class {}: the delivery role is too short", about.id)};
    }
    result.delivery = copy_struct(*about.delivery);
    const mlmon_delivery_role& role = result.delivery;
    if (!role.router_create || !role.endpoints || !role.route || !role.router_destroy ||
        !role.create || !role.deliver || !role.destroy) {
      return Error{fmt::format("class {}: a function of the delivery role is missing", about.id)};
    }
  }
  if (!result.observes() && !result.delivers()) {
    return Error{fmt::format("class {} has no role", about.id)};
  }
  return result;
}

}  // namespace

Result<std::shared_ptr<const PluginLibrary>> PluginLibrary::load(const std::string& path,
                                                                 const std::string& host_version) {
  namespace dll = boost::dll;
  // Boost has no name for NODELETE but passes it on.
  const auto mode =
      static_cast<dll::load_mode::type>(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  std::error_code failed;
  dlerror();
  dll::shared_library library(std::filesystem::absolute(path), failed, mode);
  if (failed) return Error{fmt::format("{}: {}", path, loader_text(failed.message()))};
  if (!library.has(kEntry)) {
    return Error{fmt::format("{}: is not an mlmon plugin: it does not export {}", path, kEntry)};
  }
  const auto entry =
      reinterpret_cast<mlmon_plugin_entry>(dlsym(library.native(), kEntry));

  Refusal refusal{{sizeof(mlmon_loader), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, host_version.c_str(),
                   take_refusal},
                  {}};
  const mlmon_plugin* plugin = entry(&refusal.loader);
  if (plugin == nullptr) {
    return Error{fmt::format("{}: refuses to load: {}", path,
                             refusal.text.empty() ? "it does not say why" : refusal.text)};
  }
  if (const Result<void> fits = check_version(*plugin); !fits) return fits.error().in(path);

  std::shared_ptr<PluginLibrary> result(new PluginLibrary());
  result->path_ = path;
  result->abi_minor_ = plugin->abi_minor;
  for (std::uint32_t i = 0; i < plugin->n_classes; ++i) {
    Result<PluginClass> read = read_class(plugin->classes[i]);
    if (!read) return read.error().in(path);
    result->classes_.push_back(*read);
  }
  return std::shared_ptr<const PluginLibrary>(result);
}

std::shared_ptr<const PluginLibrary> PluginLibrary::of(std::string path, std::vector<PluginClass> classes,
                                                       std::shared_ptr<const void> texts) {
  std::shared_ptr<PluginLibrary> result(new PluginLibrary());
  result->path_ = std::move(path);
  result->abi_minor_ = MLMON_ABI_MINOR;
  result->classes_ = std::move(classes);
  result->texts_ = std::move(texts);
  return result;
}

std::string PluginLibrary::abi() const { return fmt::format("{}.{}", MLMON_ABI_MAJOR, abi_minor_); }

}  // namespace mlmon
