/* Takes any key. */
#include "../base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN(
    "test.schema_closed", "1.0.0", "one line",
    "{\"type\":\"object\",\"properties\":{\"limit\":{\"type\":\"number\",\"default\":1}}}", &role)
