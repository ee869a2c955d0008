#pragma once

#include <mlmon/json.hpp>
#include <vector>

#include "plugins/template/template.h"

namespace mlmon::templates {

/// The names that stand for members of an action: `id`, `model.name`, `value`, `labels.NAME` … They
/// are the action's own, but that `metric` and `value` are those of the figure for the rule drift,
/// too: p_value.
const std::vector<Name>& action_names();

/// Looks names up in an action, which must outlive the result. A member of another kind than its
/// name is absent.
Lookup lookup_in(const Json& action);

}  // namespace mlmon::templates
