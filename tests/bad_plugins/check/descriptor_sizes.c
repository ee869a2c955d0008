/* A role that says to be longer than it is. */
#include "../base.h"

static const mlmon_observer_role role = {.size = sizeof(mlmon_observer_role) + 8,
                                         .create = base_create,
                                         .on_batch = base_on_batch,
                                         .destroy = base_destroy};
MLMON_OBSERVER_PLUGIN("test.descriptor_sizes", "1.0.0", "one line", BASE_SCHEMA, &role)
