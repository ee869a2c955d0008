/* Keeps something before there is an event. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  services->state_put(host, 0, base_str("begun"), base_str("yes"));
  *out = base_new(host, services, config);
  return MLMON_OK;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.services_place", "1.0.0", "one line", BASE_SCHEMA, &role)
