/* Makes a counter when there is something to count. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t counter = 0;
  self->services->counter(self->host, base_str("events"), base_str("that it saw"), &counter);
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN_WITH("test.services_place", "1.0.0", "one line", BASE_SCHEMA, &role, 0, NULL,
                           NULL)
