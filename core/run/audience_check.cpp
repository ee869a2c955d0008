#include "core/run/audience_check.h"

#include <algorithm>

#include "core/event/event_types.h"

namespace mlmon {
namespace {

bool emits(const AssembledObserver& observer, const std::string& type) {
  if (!observer.library) return false;
  const std::vector<std::string>& types = observer.library->classes().front().emits;
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// What it subscribed to beside mlmon's own types; with all kinds there are, those of its class.
std::vector<std::string> foreign_of(const AssembledObserver& assembled, const PipelineObserver& started,
                                    const EventTypes& types) {
  std::vector<std::string> found = assembled.types;
  for (const std::uint32_t kind : started.kinds) {
    if (const std::string* name = types.name_of(kind)) found.push_back(*name);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::erase_if(found, [](const std::string& type) { return own_kind_of(type) != 0; });
  return found;
}

}  // namespace

std::string UnheardType::text() const {
  if (emitter.empty()) {
    return "subscribes to " + type + ", which no observer emits: such events must come from the input";
  }
  if (emitter == observer) {
    return "subscribes to " + type + ", which it emits itself: an observer does not hear its own events";
  }
  if (disabled) return "subscribes to " + type + ", which only " + emitter + " emits, and that is disabled";
  return "subscribes to " + type + ", which only " + emitter + " emits, configured after it: move " + emitter +
         " before " + observer;
}

std::vector<UnheardType> unheard_types(const std::vector<AssembledObserver>& assembled,
                                       const std::vector<PipelineObserver>& started, const EventTypes& types,
                                       const std::vector<AssembledObserver>& disabled) {
  std::vector<UnheardType> unheard;
  for (std::size_t i = 0; i < assembled.size(); ++i) {
    if (!started[i].host) continue;
    for (const std::string& type : foreign_of(assembled[i], started[i], types)) {
      const auto emits_it = [&](const AssembledObserver& one) { return emits(one, type); };
      const auto here = assembled.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::any_of(assembled.begin(), here, emits_it)) continue;
      UnheardType found{assembled[i].config.name, type, "", false};
      const auto later = std::find_if(here + 1, assembled.end(), emits_it);
      const auto off = std::find_if(disabled.begin(), disabled.end(), emits_it);
      if (later != assembled.end()) {
        found.emitter = later->config.name;
      } else if (off != disabled.end()) {
        found.emitter = off->config.name;
        found.disabled = true;
      } else if (emits_it(*here)) {
        found.emitter = here->config.name;
      }
      unheard.push_back(std::move(found));
    }
  }
  return unheard;
}

}  // namespace mlmon
