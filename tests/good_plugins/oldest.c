/* A plugin of ABI 1.0, built with the headers of that time: it alerts at every third event of a model with
 * an f1 below 0.5, and keeps how many there were. It must load, decide and remember for ever. */
#include <mlmon/note.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if MLMON_ABI_MINOR != 0
#error "these are not the headers of 1.0"
#endif

struct mlmon_observer {
  mlmon_observer_host* host;
  const mlmon_observer_services* services;
};

static mlmon_str str(const char* text) {
  mlmon_str out = {text, strlen(text)};
  return out;
}

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  (void)config;
  *out = (mlmon_observer*)malloc(sizeof(mlmon_observer));
  (*out)->host = host;
  (*out)->services = services;
  return MLMON_OK;
}

static int32_t alert(mlmon_observer* self, uint32_t row, mlmon_model model, int count) {
  mlmon_action action;
  char fields[32];
  memset(&action, 0, sizeof action);
  snprintf(fields, sizeof fields, "{\"count\":%d}", count);
  action.size = sizeof action;
  action.row = row;
  action.model = model;
  action.type = str("alert");
  action.rule = str("third");
  action.transition = str("firing");
  action.fields = str(fields);
  return self->services->act(self->host, &action);
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    const mlmon_model model = batch->model[row];
    mlmon_str kept = {NULL, 0};
    char text[16] = "0";
    int count;
    if (batch->kind[row] > MLMON_KIND_JOB) return MLMON_E_FAILED; /* it knows three */
    if (!(batch->f1[row] < 0.5)) continue;
    if (self->services->state_get(self->host, model, str("n"), &kept) == MLMON_OK) {
      memcpy(text, kept.ptr, kept.len);
      text[kept.len] = '\0';
    }
    count = atoi(text) + 1;
    snprintf(text, sizeof text, "%d", count);
    if (self->services->state_put(self->host, model, str("n"), str(text)) != MLMON_OK) {
      return MLMON_E_FAILED;
    }
    if (count % 3 == 0 && alert(self, row, model, count) < 0) return MLMON_E_FAILED;
  }
  return MLMON_OK;
}

static void destroy(mlmon_observer* self) { free(self); }

static const mlmon_observer_role role = {
    sizeof(mlmon_observer_role), 0, create, on_batch, NULL, destroy};
MLMON_OBSERVER_PLUGIN("test.oldest", "1.0.0", "built with the headers of 1.0", NULL, &role)
