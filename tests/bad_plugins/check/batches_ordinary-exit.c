/* Ends the process at an event like any other. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  base_on_batch(self, batch);
  if (self->seen >= 200) exit(0);
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_ordinary", "1.0.0", "one line", BASE_SCHEMA, &role)
