#include "cli/conformance/dynamic_library.h"

#include <dlfcn.h>

namespace mlmon {
namespace {

/// The loader stands first, so that error() finds the rest.
struct Listener {
  mlmon_loader loader;
  std::string text;
};

void take_text(const mlmon_loader* loader, mlmon_str text) {
  reinterpret_cast<Listener*>(const_cast<mlmon_loader*>(loader))->text.assign(text.ptr, text.len);
}

}  // namespace

Result<DynamicLibrary> DynamicLibrary::open(const std::string& path) {
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) return Error{::dlerror()};
  return DynamicLibrary(handle);
}

void* DynamicLibrary::find(const std::string& symbol) const {
  return ::dlsym(handle_, symbol.c_str());
}

EntryAnswer ask_entry(const DynamicLibrary& library, std::uint16_t major, std::uint16_t minor) {
  Listener listener{{sizeof(mlmon_loader), major, minor, MLMON_VERSION, take_text}, {}};
  const auto entry = reinterpret_cast<mlmon_plugin_entry>(library.find("mlmon_plugin_entry_v1"));
  EntryAnswer answer;
  if (entry != nullptr) answer.plugin = entry(&listener.loader);
  answer.refusal = listener.text;
  return answer;
}

}  // namespace mlmon
