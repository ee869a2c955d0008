/* Looks at all rows, also at those that it did not subscribe to. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  mlmon_batch all = *batch;
  all.sel = NULL;
  all.count = batch->count == 0 ? 0 : batch->rows;
  return base_on_batch(self, &all);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.determinism_selection", "1.0.0", "one line", BASE_SCHEMA, &role)
