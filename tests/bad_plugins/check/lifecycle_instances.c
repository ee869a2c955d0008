/* Counts in a static. */
#include "../base.h"

static long counted;

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  mlmon_str kept;
  counted = 0;
  if (services->state_get(host, 0, base_str("counted"), &kept) == MLMON_OK)
    counted = kept.ptr[0] - '0';
  return base_create(host, services, config, out);
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  char text[2] = "0";
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    const mlmon_action action = base_action(row, batch->model[row]);
    if (++counted % 3 == 0) {
      const int32_t result = self->services->act(self->host, &action);
      if (result < 0) return result;
    }
  }
  text[0] = (char)('0' + counted % 3);
  return self->services->state_put(self->host, 0, base_str("counted"), base_str(text));
}

BASE_ROLE(create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.lifecycle_instances", "1.0.0", "one line", BASE_SCHEMA, &role)
