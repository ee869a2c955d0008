/* Decides at every third event, and forgets to keep how many there were. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    const mlmon_action action = base_action(row, batch->model[row]);
    if (++self->seen % 3 == 0) {
      const int32_t result = self->services->act(self->host, &action);
      if (result < 0) return result;
    }
  }
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.state_restart", "1.0.0", "one line", BASE_SCHEMA, &role)
