/* Keeps what it counts in a file of its own, which knows nothing of checkpoints. */
#include <stdio.h>

#include "../base.h"

static const char path[] = "counted";

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  FILE* file = fopen(path, "r");
  *out = base_new(host, services, config);
  if (file != NULL) {
    if (fscanf(file, "%ld", &(*out)->number) != 1) abort();
    fclose(file);
  }
  return MLMON_OK;
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    const mlmon_action action = base_action(row, batch->model[row]);
    if (++self->number % 3 == 0) {
      const int32_t result = self->services->act(self->host, &action);
      if (result < 0) return result;
    }
  }
  {
    FILE* file = fopen(path, "r+"); /* a file that is cut goes to the disk each time, which is slow */
    if (file == NULL) file = fopen(path, "w");
    if (file == NULL) abort();
    fprintf(file, "%ld", self->number);
    fclose(file);
  }
  return MLMON_OK;
}

BASE_ROLE(create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.state_replay", "1.0.0", "one line", BASE_SCHEMA, &role)
