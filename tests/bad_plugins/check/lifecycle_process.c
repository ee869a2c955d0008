/* Ignores SIGPIPE, for everybody. */
#include <signal.h>

#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  signal(SIGPIPE, SIG_IGN);
  return base_create(host, services, config, out);
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.lifecycle_process", "1.0.0", "one line", BASE_SCHEMA, &role)
