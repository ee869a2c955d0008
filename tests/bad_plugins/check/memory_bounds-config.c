/* Takes the configuration for a C string. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  *out = base_new(host, services, config);
  (*out)->seen = strlen(config.ptr) > 1000000;
  return MLMON_OK;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_bounds", "1.0.0", "one line", BASE_SCHEMA, &role)
