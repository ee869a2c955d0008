/* Leaves a file open. */
#include <fcntl.h>

#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  *out = base_new(host, services, config);
  return open("/dev/null", O_RDONLY) < 0 ? MLMON_E_FAILED : MLMON_OK;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.lifecycle_descriptors", "1.0.0", "one line", BASE_SCHEMA, &role)
