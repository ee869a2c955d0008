/* Uses an action's id after the next action. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const int32_t result = base_on_batch(self, batch);
  mlmon_str id;
  if (self->kept != NULL) self->seen += *(const volatile char*)self->kept == 'x';
  if (self->services->last_action_id(self->host, &id) == MLMON_OK) self->kept = id.ptr;
  return result;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_lifetime", "1.0.0", "one line", BASE_SCHEMA, &role)
