#include "plugins/alert/telling.h"

#include "plugins/rules/rule_reader.h"
#include "plugins/transport/rate.h"

namespace mlmon::alert {
namespace {

void read_flap(const Json& text, Telling& telling, rules::Problems& problems) {
  if (text.text() == "0") return;
  std::optional<transport::Rate> rate;
  try {
    rate = transport::read_rate(text);
  } catch (const config_error&) {
    // told below, in this key's own words
  }
  if (!rate || rate->limit > static_cast<std::int64_t>(Telling::kMostChanges)) {
    problems.add(text.path(), "expected at most 32 changes in a duration, such as \"6/1h\", or \"0\", "
                              "got \"" + text.text() + "\"");
    return;
  }
  telling.flap_changes = static_cast<std::size_t>(rate->limit);
  telling.flap_ns = rate->period_ns;
}

}  // namespace

Telling read_telling(const Json& config, rules::Problems& problems) {
  Telling telling;
  if (config.has("resolve")) telling.resolve = config.flag("resolve");
  problems.collect([&] {
    if (config.has("repeat")) telling.repeat_ns = config.duration_ns("repeat");
  });
  if (config.has("flap")) read_flap(config.at("flap"), telling, problems);
  problems.collect([&] {
    if (!config.has("superseded_after") || config.text("superseded_after").empty()) return;
    telling.superseded_ns = config.duration_ns("superseded_after");
  });
  return telling;
}

}  // namespace mlmon::alert
