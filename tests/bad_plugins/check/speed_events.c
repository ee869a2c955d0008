/* Takes its time. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  volatile uint32_t spent = 0;
  for (i = 0; i < batch->count * 40000u; ++i) spent += i;
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.speed_events", "1.0.0", "one line", BASE_SCHEMA, &role)
