/* Takes for granted that there is an id. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const int32_t result = base_on_batch(self, batch);
  mlmon_str id = {NULL, 0};
  if (result != MLMON_OK || self->seen < 100) return result;
  self->services->last_action_id(self->host, &id);
  if (id.len == 0) abort();
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.services_errors", "1.0.0", "one line", BASE_SCHEMA, &role)
