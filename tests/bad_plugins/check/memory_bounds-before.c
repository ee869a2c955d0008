/* Compares each event with the one before it. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->rows; ++i) {
    self->seen += *(const volatile uint32_t*)(batch->kind + i - 1) == batch->kind[i];
  }
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_bounds", "1.0.0", "one line", BASE_SCHEMA, &role)
