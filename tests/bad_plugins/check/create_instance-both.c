/* Fails and gives an instance. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  *out = base_new(host, services, config);
  base_set_error(*out, "one of these is not true");
  return MLMON_E_FAILED;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.create_instance", "1.0.0", "one line", BASE_SCHEMA, &role)
