/* Goes from one event's time to the next in steps of a tenth of a second: nothing between ordinary
 * events, half a minute or more to the end of time on any processor. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const int64_t now = batch->time_ns[mlmon_row(batch, i)] / 100000000;
    if (self->number == 0) self->number = now;
    while (self->number < now) {
      ++self->number;
      self->seen += self->number % 7 == 0;
    }
  }
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.batches_times", "1.0.0", "one line", BASE_SCHEMA, &role)
