/* Its schema has a property that is the host's key. */
#include "base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.host_property", "1.0.0", "one line",
                      "{\"type\":\"object\",\"properties\":{\"models\":{\"type\":\"string\"}}}", &role)
