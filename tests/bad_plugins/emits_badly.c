/* Emits at every event what the host must refuse, in the way that "how" names. */
#include "base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  mlmon_derived derived;
  memset(&derived, 0, sizeof derived);
  derived.size = sizeof derived;
  derived.row = mlmon_row(batch, 0);
  derived.model = batch->model[derived.row];
  derived.type = base_str(strcmp(self->how, "undeclared") == 0 ? "low" : "made");
  if (strcmp(self->how, "not_json") == 0) derived.fields = base_str("{\"a\":");
  if (strcmp(self->how, "host_member") == 0) derived.fields = base_str("{\"at\":\"now\"}");
  if (strcmp(self->how, "labels") == 0) derived.fields = base_str("{\"labels\":{}}");
  if (strcmp(self->how, "envelope") == 0) derived.fields = base_str("{\"specversion\":\"1.0\"}");
  if (strcmp(self->how, "row") == 0) derived.row = batch->rows;
  if (strcmp(self->how, "model") == 0) derived.model = 1000000;
  self->services->emit(self->host, &derived);
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN_WITH("test.emits_badly", "1.0.0", "one line", NULL, &role, 0, NULL, "made")
