/* Has room for 64 models. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    if (batch->model[mlmon_row(batch, i)] > 64) abort();
  }
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_models", "1.0.0", "one line", BASE_SCHEMA, &role)
