/* A default that the schema itself refuses. */
#include "../base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN(
    "test.schema_defaults", "1.0.0", "one line",
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"properties\":{\"limit\":{\"type\":\"number\",\"maximum\":1,\"default\":2}}}",
    &role)
