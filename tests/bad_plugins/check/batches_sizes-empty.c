/* Is sure that there is an event. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const mlmon_action action = base_action(mlmon_row(batch, 0), batch->model[mlmon_row(batch, 0)]);
  const int32_t result = batch->count == 0 ? self->services->act(self->host, &action) : MLMON_OK;
  return result < 0 ? result : base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_sizes", "1.0.0", "one line", BASE_SCHEMA, &role)
