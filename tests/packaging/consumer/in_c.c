/* Tells that it saw an event. */
#include <mlmon/note.h>
#include <stdlib.h>

struct mlmon_observer {
  mlmon_observer_host *host;
  const mlmon_observer_services *services;
};

static mlmon_str text(const char *ptr, size_t len) {
  mlmon_str out = {ptr, len};
  return out;
}

static int32_t create(mlmon_observer_host *host, const mlmon_observer_services *services,
                      mlmon_str config, mlmon_observer **out) {
  (void)config;
  *out = malloc(sizeof **out);
  if (*out == NULL) return MLMON_E_NOMEM;
  (*out)->host = host;
  (*out)->services = services;
  return MLMON_OK;
}

static int32_t on_batch(mlmon_observer *self, const mlmon_batch *batch) {
  for (uint32_t i = 0; i < batch->count; i++) {
    mlmon_action action = {0};
    action.size = sizeof action;
    action.row = mlmon_row(batch, i);
    action.model = batch->model[action.row];
    action.type = text("seen", 4);
    action.rule = text("in_c", 4);
    int32_t result = self->services->act(self->host, &action);
    if (result < 0) return result;
  }
  return MLMON_OK;
}

static void destroy(mlmon_observer *self) { free(self); }

static const mlmon_observer_role role = {
    .size = sizeof role, .create = create, .on_batch = on_batch, .destroy = destroy};
MLMON_OBSERVER_PLUGIN("org.example.in_c", "1.0.0", "tells that it saw an event", NULL, &role)
