#pragma once

#include <map>
#include <string>

#include "core/store/state_figures.h"

namespace mlmon {

/// Figures of a state in Prometheus' text exposition format. `helps`: what plugins say of their counters, by
/// name. A plugin's counter NAME is mlmon_observer_NAME_total; one that would be a name of mlmon's own is
/// left out.
std::string metrics_text(const StateFigures& figures,
                         const std::map<std::string, std::string>& helps);

/// The metric that a plugin's counter is.
std::string counter_metric(const std::string& counter);

/// mlmon has a metric of that name itself.
bool is_own_metric(const std::string& metric);

}  // namespace mlmon
