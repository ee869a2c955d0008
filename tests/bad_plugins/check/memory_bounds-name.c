/* Takes the name of a model for a C string. */
#include "../base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  mlmon_model_info info;
  memset(&info, 0, sizeof info);
  info.size = sizeof info;
  self->services->model_info(self->host, batch->model[0], &info);
  self->seen += strlen(info.name.ptr) > 1000000;
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.memory_bounds", "1.0.0", "one line", BASE_SCHEMA, &role)
