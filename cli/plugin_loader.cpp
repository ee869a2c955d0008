#include "cli/plugin_loader.h"

#include <utility>

#include "cli/setup.h"
#include "core/isolation/isolated_plugin.h"

namespace mlmon {

bool is_python_plugin(const std::string& path) { return path.ends_with(".py"); }

Result<std::shared_ptr<const PluginLibrary>> load_plugin(const std::string& path) {
  if (!is_python_plugin(path)) return PluginLibrary::load(path, MLMON_VERSION);
  IsolationPlan plan;
  plan.command.words = child_commands().python("python3", path);
  auto about = IsolatedObserver::ask(plan);
  if (!about) return about.error().in(path);
  return isolated_plugin(path, std::move(*about), std::move(plan));
}

}  // namespace mlmon
