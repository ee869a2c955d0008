/* Fails at an event like any other. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  if (base_on_batch(self, batch) == MLMON_OK && self->seen < 200) return MLMON_OK;
  base_set_error(self, "tired");
  return MLMON_E_FAILED;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_ordinary", "1.0.0", "one line", BASE_SCHEMA, &role)
