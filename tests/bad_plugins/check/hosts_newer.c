/* Wants a table of exactly the size that it knows. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  *out = NULL;
  if (services->size == sizeof *services || services->size < sizeof *services) {
    return base_create(host, services, config, out);
  }
  services->set_error(host, base_str("another host"));
  return MLMON_E_UNSUPPORTED;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.hosts_newer", "1.0.0", "one line", BASE_SCHEMA, &role)
