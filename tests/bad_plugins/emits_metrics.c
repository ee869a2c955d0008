#include "base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN_WITH("test.emits_metrics", "1.0.0", "one line", NULL, &role, 0, NULL,
                           "made metrics")
