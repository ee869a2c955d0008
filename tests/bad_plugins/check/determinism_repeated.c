/* Rolls dice. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  struct timespec now;
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    const mlmon_action action = base_action(row, batch->model[row]);
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_nsec / 8 % 2 == 0) self->services->act(self->host, &action);
  }
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.determinism_repeated", "1.0.0", "one line", BASE_SCHEMA, &role)
