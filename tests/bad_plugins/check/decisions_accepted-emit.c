/* Emits what its class does not say that it emits. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  mlmon_derived derived;
  memset(&derived, 0, sizeof derived);
  derived.size = sizeof derived;
  derived.row = mlmon_row(batch, 0);
  derived.model = batch->model[derived.row];
  derived.type = base_str("surprise");
  self->services->emit(self->host, &derived);
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN_WITH("test.decisions_accepted", "1.0.0", "one line", BASE_SCHEMA, &role, 0,
                           NULL, "spent")
