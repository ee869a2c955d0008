/* Remembers where the configuration was. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  *out = base_new(host, services, config);
  (*out)->kept = config.ptr;
  return MLMON_OK;
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  self->seen += *(const volatile char*)self->kept == 'x';
  return base_on_batch(self, batch);
}

BASE_ROLE(create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_lifetime", "1.0.0", "one line", BASE_SCHEMA, &role)
