/* Keeps the handle of a model, which means nothing in the next process. */
#include <stdio.h>

#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    const mlmon_action action = base_action(row, batch->model[row]);
    char text[16];
    mlmon_str kept;
    const int32_t found = self->services->state_get(self->host, 0, base_str("last"), &kept);
    snprintf(text, sizeof text, "%u", batch->model[row]);
    if (found == MLMON_OK && kept.len == strlen(text) && memcmp(kept.ptr, text, kept.len) == 0) {
      const int32_t result = self->services->act(self->host, &action);
      if (result < 0) return result;
    }
    self->services->state_put(self->host, 0, base_str("last"), base_str(text));
  }
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.state_restart", "1.0.0", "one line", BASE_SCHEMA, &role)
