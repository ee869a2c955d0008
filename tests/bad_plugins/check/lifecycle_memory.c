/* Leaves a copy of the configuration behind. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  *out = base_new(host, services, config);
  (*out)->kept = malloc(100 + config.len);
  return MLMON_OK;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.lifecycle_memory", "1.0.0", "one line", BASE_SCHEMA, &role)
