/* Has room for 4,096 events. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  if (batch->rows > 4096) abort();
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_sizes", "1.0.0", "one line", BASE_SCHEMA, &role)
