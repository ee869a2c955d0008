/* An observer: alerts when a model had no event for some time, and again when it is back.
 *
 * Time is event time: what moves it are the events of the other models. What is kept of a model over
 * restarts is the time of its newest event, and whether it was told of. */
#include <inttypes.h>
#include <mlmon/config.h>
#include <mlmon/note.h>
#include <mlmon/text.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000000000

struct watched {
  int64_t last_ns; /* of its newest event */
  int known, stale;
  int changed; /* in this batch: to be kept */
};

struct mlmon_observer {
  mlmon_observer_host *host;
  const mlmon_observer_services *services;
  int64_t after_ns;
  int loaded;             /* what an earlier run kept stands in `models` */
  struct watched *models; /* by handle */
  uint32_t n_models;
};

/* The place of a model in the array, which grows to hold it; NULL: out of memory. */
static struct watched *of_model(mlmon_observer *self, mlmon_model model) {
  if (model >= self->n_models) {
    const uint32_t n = (model + 1) * 2;
    struct watched *models = realloc(self->models, n * sizeof *models);
    if (models == NULL) return NULL;
    memset(models + self->n_models, 0, (n - self->n_models) * sizeof *models);
    self->models = models;
    self->n_models = n;
  }
  return &self->models[model];
}

static int32_t create(mlmon_observer_host *host, const mlmon_observer_services *services,
                      mlmon_str config, mlmon_observer **out) {
  mlmon_observer *self = calloc(1, sizeof *self);
  if (self == NULL) return MLMON_E_NOMEM;
  self->host = host;
  self->services = services;
  int64_t every_ns;
  int32_t result = MLMON_E_CONFIG;
  if (mlmon_config_duration(config, "after", &self->after_ns) != MLMON_OK || self->after_ns == 0) {
    services->set_error(host, mlmon_str_of("after: expected a duration of more than nothing"));
  } else if (mlmon_config_duration(config, "every", &every_ns) != MLMON_OK || every_ns == 0) {
    services->set_error(host, mlmon_str_of("every: expected a duration of more than nothing"));
  } else {
    result = services->tick_every(host, every_ns);
  }
  if (result == MLMON_OK) {
    *out = self;
  } else {
    free(self);
  }
  return result;
}

/* What was kept of a model: "LAST_NS STALE". */
static int32_t load_one(mlmon_observer *self, mlmon_model model, mlmon_str value) {
  char text[64] = {0};
  struct watched *watched = of_model(self, model);
  if (watched == NULL) return MLMON_E_NOMEM;
  memcpy(text, value.ptr, value.len < sizeof text ? value.len : sizeof text - 1);
  watched->known = sscanf(text, "%" SCNd64 " %d", &watched->last_ns, &watched->stale) == 2;
  return MLMON_OK;
}

/* Of all models: those without a new event are the ones to watch. */
static int32_t load(mlmon_observer *self) {
  if (self->loaded) return MLMON_OK;
  self->loaded = 1;
  int32_t result = self->services->state_scan(self->host, MLMON_EVERY_MODEL);
  while (result == MLMON_OK) {
    mlmon_state_item item = {.size = sizeof item};
    result = self->services->state_next(self->host, &item);
    if (result == MLMON_OK) result = load_one(self, item.model, item.value);
  }
  return result == MLMON_E_NOT_FOUND ? MLMON_OK : result;
}

static int32_t save(mlmon_observer *self, mlmon_model model) {
  struct watched *watched = &self->models[model];
  char text[64];
  watched->changed = 0;
  snprintf(text, sizeof text, "%" PRId64 " %d", watched->last_ns, watched->stale);
  return self->services->state_put(self->host, model, mlmon_str_of("last"), mlmon_str_of(text));
}

/* `row`: of the event that ended the silence; 0 at a tick, which found it. */
static int32_t tell(mlmon_observer *self, mlmon_model model, uint32_t row, int64_t now_ns) {
  const struct watched *watched = &self->models[model];
  char when[mlmon_time_room], room[160];
  mlmon_fields fields = mlmon_fields_in(room, sizeof room);
  mlmon_format_time(watched->last_ns, when);
  mlmon_fields_text(&fields, "reason", mlmon_str_of(watched->stale ? "no events" : "events again"));
  mlmon_fields_text(&fields, "last_event", mlmon_str_of(when));
  mlmon_fields_integer(&fields, "silent_seconds", (now_ns - watched->last_ns) / SECOND);
  const mlmon_action action = {.size = sizeof action,
                               .row = row,
                               .model = model,
                               .type = mlmon_str_of("alert"),
                               .rule = mlmon_str_of("stale"),
                               .transition = mlmon_str_of(watched->stale ? "firing" : "resolved"),
                               .fields = mlmon_fields_str(&fields)};
  return self->services->act(self->host, &action);
}

static int32_t observe(mlmon_observer *self, const mlmon_batch *batch, uint32_t row) {
  const mlmon_model model = batch->model[row];
  const int64_t now_ns = batch->time_ns[row];
  struct watched *watched = of_model(self, model);
  if (watched == NULL) return MLMON_E_NOMEM;
  if (watched->known && now_ns <= watched->last_ns) return MLMON_OK; /* it comes late */
  int32_t result = MLMON_OK;
  if (watched->stale) {
    watched->stale = 0;
    result = tell(self, model, row, now_ns);
  }
  watched->last_ns = now_ns;
  watched->known = watched->changed = 1;
  return result < 0 ? result : MLMON_OK;
}

static int32_t on_batch(mlmon_observer *self, const mlmon_batch *batch) {
  int32_t result = load(self);
  for (uint32_t i = 0; i < batch->count && result == MLMON_OK; i++) {
    result = observe(self, batch, mlmon_row(batch, i));
  }
  /* Once a batch for each model in it, not once an event. */
  for (uint32_t i = 0; i < batch->count && result == MLMON_OK; i++) {
    const mlmon_model model = batch->model[mlmon_row(batch, i)];
    if (self->models[model].changed) result = save(self, model);
  }
  return result;
}

static int32_t on_tick(mlmon_observer *self, const mlmon_tick *tick) {
  int32_t result = load(self);
  for (mlmon_model model = 1; model < self->n_models && result >= 0; model++) {
    struct watched *watched = &self->models[model];
    if (!watched->known || watched->stale || tick->time_ns - watched->last_ns < self->after_ns) {
      continue;
    }
    watched->stale = 1;
    result = tell(self, model, 0, tick->time_ns);
    if (result >= 0) result = save(self, model);
  }
  return result < 0 ? result : MLMON_OK;
}

static void destroy(mlmon_observer *self) {
  free(self->models);
  free(self);
}

static const mlmon_observer_role role = {.size = sizeof role,
                                         .create = create,
                                         .on_batch = on_batch,
                                         .destroy = destroy,
                                         .on_tick = on_tick};

static const char schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"after\":{\"type\":\"string\",\"format\":\"duration\",\"default\":\"24h\","
    "\"description\":\"alert when a model had no event for so long\"},"
    "\"every\":{\"type\":\"string\",\"format\":\"duration\",\"default\":\"5m\","
    "\"description\":\"look so often, in event time\"}}}";

MLMON_OBSERVER_PLUGIN_WITH("org.mlmon.stale", "1.0.0", "alerts when a model has no more events",
                           schema, &role, 1, "metrics drift", NULL)
