/* One decision for each batch. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const uint32_t row = batch->count > 0 ? mlmon_row(batch, 0) : 0;
  const mlmon_action action = base_action(row, batch->model[row]);
  return batch->count > 0 && batch->rows > 1 ? self->services->act(self->host, &action) : MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.determinism_batches", "1.0.0", "one line", BASE_SCHEMA, &role)
