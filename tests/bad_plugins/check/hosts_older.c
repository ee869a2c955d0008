/* Asks for a column without a look at the size of the table. */
#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  const mlmon_projection auc = {
      .size = sizeof auc, .type = MLMON_COLUMN_NUMBER, .pointer = base_str("/metrics/auc")};
  uint32_t column = 0;
  services->project(host, &auc, &column);
  return base_create(host, services, config, out);
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.hosts_older", "1.0.0", "one line", BASE_SCHEMA, &role)
