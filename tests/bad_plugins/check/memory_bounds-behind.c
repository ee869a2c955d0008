/* One event too many. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  volatile double last = batch->f1[batch->rows];
  (void)last;
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_bounds", "1.0.0", "one line", BASE_SCHEMA, &role)
