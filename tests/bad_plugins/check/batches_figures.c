/* Takes a figure for an index, for which infinity is none. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  static uint32_t histogram[101];
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const double f1 = batch->f1[mlmon_row(batch, i)];
    if (f1 == f1 && (f1 < 0 || f1 > 1)) abort();
    if (f1 == f1) ++histogram[(int)(f1 * 100)];
  }
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_figures", "1.0.0", "one line", BASE_SCHEMA, &role)
