/* Waits for the process not to end. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  while (self->services->cancelled(self->host)) {
  }
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.services_cancelled", "1.0.0", "one line", BASE_SCHEMA, &role)
