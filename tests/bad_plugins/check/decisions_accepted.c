/* Fields that are no JSON. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    mlmon_action action = base_action(row, batch->model[row]);
    action.fields = base_str("{\"value\":nan}");
    if (batch->f1[row] < 0.5) self->services->act(self->host, &action);
  }
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.decisions_accepted", "1.0.0", "one line", BASE_SCHEMA, &role)
