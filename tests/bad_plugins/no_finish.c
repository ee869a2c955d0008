/* Nothing is wrong: finish may be left out. */
#include "base.h"

BASE_ROLE(base_create, base_on_batch, NULL, base_destroy)
MLMON_OBSERVER_PLUGIN("test.no_finish", "1.0.0", "one line", BASE_SCHEMA, &role)
