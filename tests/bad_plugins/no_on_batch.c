#include "base.h"

BASE_ROLE(base_create, NULL, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.no_on_batch", "1.0.0", "one line", NULL, &role)
