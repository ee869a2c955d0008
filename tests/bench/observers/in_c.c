/* Counts the events with a low F1: what an observer at least does, in C. */
#include <mlmon/note.h>
#include <stdlib.h>

struct mlmon_observer {
  uint64_t low;
};

static int32_t create(mlmon_observer_host *host, const mlmon_observer_services *services,
                      mlmon_str config, mlmon_observer **out) {
  (void)host, (void)services, (void)config;
  *out = calloc(1, sizeof **out);
  return *out == NULL ? MLMON_E_NOMEM : MLMON_OK;
}

static int32_t on_batch(mlmon_observer *self, const mlmon_batch *batch) {
  uint64_t low = 0;
  for (uint32_t i = 0; i < batch->count; i++) {
    if (batch->f1[mlmon_row(batch, i)] < 0.5) low++;
  }
  self->low += low;
  return MLMON_OK;
}

static void destroy(mlmon_observer *self) { free(self); }

static const mlmon_observer_role role = {
    .size = sizeof role, .create = create, .on_batch = on_batch, .destroy = destroy};
MLMON_OBSERVER_PLUGIN("org.mlmon.bench.in_c", "1.0.0", "counts low figures in C", NULL, &role)
