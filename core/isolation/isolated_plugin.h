#pragma once

#include <memory>
#include <string>

#include "core/isolation/isolated_observer.h"
#include "core/plugin/plugin_library.h"
#include "core/result.h"

namespace mlmon {

/// A plugin whose observers run in processes of their own, as a library like any other: its one class is
/// what a child said that it is, and making an instance starts a child. What delivers stays in this
/// process: the class of `in_process`, if it is not null, gives that role. The error names the path.
Result<std::shared_ptr<const PluginLibrary>> isolated_plugin(
    const std::string& path, IsolatedObserver::About about, IsolationPlan plan,
    const std::shared_ptr<const PluginLibrary>& in_process = nullptr);

}  // namespace mlmon
