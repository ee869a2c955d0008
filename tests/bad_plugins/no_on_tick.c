/* Asks for ticks and has nothing that they could call. */
#include "base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  const int32_t result = services->tick_every(host, 1000000000);
  return result < 0 ? result : base_create(host, services, config, out);
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.no_on_tick", "1.0.0", "one line", BASE_SCHEMA, &role)
