#include <algorithm>
#include <utility>

#include "cli/conformance/check.h"
#include "cli/conformance/conformance.h"
#include "cli/subcommand.h"

namespace mlmon {
namespace {

std::string group_of(const std::string& check) { return check.substr(0, check.find('.')); }

/// Names of checks, and of groups of them.
std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Check& check : all_checks()) {
    const std::string group = group_of(check.name);
    if (std::find(names.begin(), names.end(), group) == names.end()) names.push_back(group);
    names.push_back(check.name);
  }
  return names;
}

Result<void> add_names(const std::string& list, std::vector<std::string>& into) {
  const std::vector<std::string> known = known_names();
  std::size_t at = 0;
  while (at <= list.size()) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const std::string name = list.substr(at, comma - at);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Error{"unknown check " + typed(name) + did_you_mean(name, known) +
                   " (--list tells all)"};
    }
    into.push_back(name);
    at = comma + 1;
  }
  return {};
}

}  // namespace

Invocation parse_plugin_check(const std::vector<std::string>& arguments) {
  PluginCheckOptions options;
  Flags flags;
  flags.path("-c,--config", options.config);
  flags.texts("--set", options.sets);
  flags.texts("--plugin-dir", options.plugin_dirs);
  std::vector<std::string> lists;
  flags.texts("--only", lists);
  flags.duration("--timeout", options.timeout_ns);
  flags.text("--events", options.events);
  flags.on("--deliver", options.deliver);
  flags.on("--list", options.list);
  flags.on("--json", options.json);
  return finish("plugin check", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  for (const std::string& list : lists) {
                    const Result<void> added = add_names(list, options.only);
                    if (!added) return added;
                  }
                  if (options.timeout_ns == 0) return expected("a --timeout above 0s", "0s");
                  if (options.list) return take_none(rest);
                  if (rest.empty()) return Error{"expected the FILE.so of a plugin, or its NAME"};
                  options.plugin = rest[0];
                  rest.erase(rest.begin());
                  return take_none(rest);
                });
}

}  // namespace mlmon
