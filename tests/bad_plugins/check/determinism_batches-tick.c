/* Tells at a tick how many batches there were. */
#include <stdio.h>

#include "../base.h"

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  services->tick_every(host, 3600 * INT64_C(1000000000));
  return base_create(host, services, config, out);
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  self->number += batch->count > 0;
  return MLMON_OK;
}

static int32_t on_tick(mlmon_observer* self, const mlmon_tick* tick) {
  mlmon_action action = base_action(0, 1);
  char fields[64];
  snprintf(fields, sizeof fields, "{\"batches\":%ld,\"hour\":%d}", self->number,
           (int)(tick->time_ns / (3600 * INT64_C(1000000000))));
  action.fields = base_str(fields);
  self->number = 0;
  return self->services->act(self->host, &action);
}

static const mlmon_observer_role role = {.size = sizeof role,
                                         .create = create,
                                         .on_batch = on_batch,
                                         .finish = base_finish,
                                         .destroy = base_destroy,
                                         .on_tick = on_tick};
MLMON_OBSERVER_PLUGIN_WITH("test.determinism_batches", "1.0.0", "one line", BASE_SCHEMA, &role, 0,
                           NULL, NULL)
