/* Ends the process when it does not like an event. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  if (batch->rows > 1000000) exit(3);
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.file_imports", "1.0.0", "one line", BASE_SCHEMA, &role)
