/* Decides when all is over. */
#include "../base.h"

static int32_t finish(mlmon_observer* self) {
  const mlmon_action action = base_action(0, 1);
  self->services->act(self->host, &action);
  return MLMON_OK;
}

BASE_ROLE(base_create, base_on_batch, finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.services_place", "1.0.0", "one line", BASE_SCHEMA, &role)
