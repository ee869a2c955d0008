/* Knows all kinds that there are, and will ever be. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    if (batch->kind[mlmon_row(batch, i)] > MLMON_KIND_JOB) abort();
  }
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_kinds", "1.0.0", "one line", BASE_SCHEMA, &role)
