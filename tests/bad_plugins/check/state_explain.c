/* Keeps a note of having been asked. */
#include "../base.h"

static int32_t explain(mlmon_observer* self, mlmon_model model, mlmon_str* json) {
  *json = base_str("{\"rules\":[]}");
  self->services->state_put(self->host, model, base_str("asked"), base_str("yes"));
  return MLMON_OK;
}

static const mlmon_observer_role role = {.size = sizeof role,
                                         .create = base_create,
                                         .on_batch = base_on_batch,
                                         .finish = base_finish,
                                         .destroy = base_destroy,
                                         .explain = explain};
MLMON_OBSERVER_PLUGIN("test.state_explain", "1.0.0", "one line", BASE_SCHEMA, &role)
