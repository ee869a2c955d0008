/* Is sure of what the older version of itself has kept. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const int32_t result = base_on_batch(self, batch);
  if (result < 0) return result;
  return self->services->state_put(self->host, 0, base_str("form"), base_str("new"));
}

static int32_t migrate(mlmon_observer* self, uint32_t from_version) {
  mlmon_str form = {NULL, 0};
  self->services->state_get(self->host, 0, base_str("form"), &form);
  if (from_version != 1 || form.len != 3) abort();
  return MLMON_OK;
}

static const mlmon_observer_role role = {.size = sizeof role,
                                         .create = base_create,
                                         .on_batch = on_batch,
                                         .finish = base_finish,
                                         .destroy = base_destroy,
                                         .migrate = migrate};
MLMON_OBSERVER_PLUGIN_WITH("test.state_migration", "1.0.0", "one line", BASE_SCHEMA, &role, 2, NULL,
                           NULL)
