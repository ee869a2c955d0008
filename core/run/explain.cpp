#include "core/run/explain.h"

#include <utility>

#include "core/observer/observer_instance.h"

namespace mlmon {

Explained explain(const AssembledObserver& assembled, ObserverState state, const ModelTable& models,
                  std::uint32_t model, LogSink& log) {
  if (!assembled.library) return {"", assembled.failure};
  ObserverSetup setup;
  setup.name = assembled.config.name;
  setup.library = assembled.library;
  setup.config = assembled.own;
  for (const std::string& type : assembled.types) setup.kinds.push_back(setup.wishes->types().intern(type));
  setup.state = std::move(state);
  ObserverInstance instance(setup, models, log);
  if (const Result<void> created = instance.create(); !created) return {"", created.error().text};
  const Result<std::string> said = instance.explain(model);
  instance.destroy();
  if (!said) return {"", said.error().text};
  return {*said, ""};
}

}  // namespace mlmon
