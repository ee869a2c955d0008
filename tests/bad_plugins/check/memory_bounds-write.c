/* Writes what others are to read. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  ((int64_t*)(uintptr_t)batch->samples)[0] = 1;
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_bounds", "1.0.0", "one line", BASE_SCHEMA, &role)
