/* Prints what it sees. */
#include <stdio.h>

#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  printf("%u events\n", batch->count);
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.lifecycle_process", "1.0.0", "one line", BASE_SCHEMA, &role)
