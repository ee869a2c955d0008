/* A keyword that mlmon does not know. */
#include "../base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN(
    "test.schema_subset", "1.0.0", "one line",
    "{\"type\":\"object\",\"additionalProperties\":false,\"patternProperties\":{}}", &role)
