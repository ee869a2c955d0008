/* Goes from one event's time to the next in steps of a second. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const int64_t now_s = batch->time_ns[mlmon_row(batch, i)] / 1000000000;
    if (self->number == 0) self->number = now_s;
    while (self->number < now_s) {
      ++self->number;
      self->seen += self->number % 7 == 0;
    }
  }
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_times", "1.0.0", "one line", BASE_SCHEMA, &role)
