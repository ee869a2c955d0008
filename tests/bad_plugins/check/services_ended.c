/* Has never heard of MLMON_ENDED. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    const mlmon_action action = base_action(row, batch->model[row]);
    const int32_t result =
        batch->f1[row] < 0.5 ? self->services->act(self->host, &action) : MLMON_OK;
    if (result < 0) return result;
    if (result != MLMON_OK) abort();
  }
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.services_ended", "1.0.0", "one line", BASE_SCHEMA, &role)
