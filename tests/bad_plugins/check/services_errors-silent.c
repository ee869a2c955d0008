/* Does not say which service failed. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  return base_on_batch(self, batch) < 0 ? -99 : MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.services_errors", "1.0.0", "one line", BASE_SCHEMA, &role)
