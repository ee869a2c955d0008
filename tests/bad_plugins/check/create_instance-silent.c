/* Fails and does not say why. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  (void)host;
  (void)services;
  (void)config;
  (void)out;
  return MLMON_E_CONFIG;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.create_instance", "1.0.0", "one line", BASE_SCHEMA, &role)
