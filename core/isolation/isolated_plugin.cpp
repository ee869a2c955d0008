#include "core/isolation/isolated_plugin.h"

#include <utility>

#include "core/event/event_types.h"

namespace mlmon {
namespace {

/// What the texts of a class point to.
struct Texts {
  IsolatedObserver::About about;
  std::shared_ptr<const PluginLibrary> in_process;
};

Result<void> check(const IsolatedObserver::About& about) {
  if (about.id.empty()) return Error{"its class has no id"};
  if (about.state_version > 0xffff'fff0) return Error{"its state has an impossible version"};
  for (const auto* types : {&about.subscribes, &about.emits}) {
    for (const std::string& type : *types) {
      const bool taken = types == &about.emits && own_kind_of(type) != 0;
      if (!is_type_name(type) || taken) return Error{"\"" + type + "\" is not a type of events that it can have"};
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const PluginLibrary>> isolated_plugin(
    const std::string& path, IsolatedObserver::About about, IsolationPlan plan,
    const std::shared_ptr<const PluginLibrary>& in_process) {
  if (const Result<void> fits = check(about); !fits) return fits.error().in(path);
  auto texts = std::make_shared<const Texts>(Texts{std::move(about), in_process});
  const IsolatedObserver::About& is = texts->about;
  PluginClass item{};
  item.about.size = sizeof item.about;
  item.about.state_version = is.state_version;
  item.about.id = is.id.c_str();
  item.about.version = is.version.c_str();
  item.about.summary = is.summary.c_str();
  item.about.config_schema = is.schema.empty() ? nullptr : is.schema.c_str();
  item.subscribes = is.subscribes;
  item.emits = is.emits;
  if ((is.has & kObserves) != 0) {
    item.observer = IsolatedObserver::role(is.has);
    item.make = [plan = std::move(plan)](mlmon_observer_host* host, const mlmon_observer_services* services,
                                         mlmon_str config, mlmon_observer** out) {
      return IsolatedObserver::create(plan, host, services, config, out);
    };
  }
  if (in_process) item.delivery = in_process->classes().front().delivery;
  return PluginLibrary::of(path, {std::move(item)}, std::move(texts));
}

}  // namespace mlmon
