#include "base.h"

static const mlmon_observer_role role = {16, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
MLMON_OBSERVER_PLUGIN("test.short_role", "1.0.0", "one line", NULL, &role)
