/* A version that is none. */
#include "../base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.descriptor_versions", "v1", "one line", BASE_SCHEMA, &role)
