/* Remembers a batch and looks at it at the next. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  if (self->kept != NULL) self->seen += *(const volatile uint32_t*)self->kept > 1000000;
  self->kept = batch->kind;
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_lifetime", "1.0.0", "one line", BASE_SCHEMA, &role)
