/* An observer: alerts when a figure of an event's `metrics` falls below a limit, and again when it is
 * back. mlmon/observer.h says what each function may do, when it is called and who owns what. */
#include <mlmon/config.h>
#include <mlmon/note.h>
#include <mlmon/text.h>
#include <stdlib.h>

#define LONGEST_NAME 128 /* bytes of a metric's name; in JSON each may take six */

struct mlmon_observer {
  mlmon_observer_host *host;
  const mlmon_observer_services *services;
  char metric[LONGEST_NAME + 1];
  double below;
  uint32_t column; /* the metric's, in a batch */
};

/* Asks for the metric as a column of every batch. */
static int32_t project(mlmon_observer *self) {
  char pointer[sizeof "/metrics/" + 2 * LONGEST_NAME] = "/metrics/";
  char *end = pointer + strlen(pointer);
  for (const char *c = self->metric; *c != '\0'; c++) { /* RFC 6901: ~0 is ~, ~1 is / */
    if (*c == '~' || *c == '/') {
      *end++ = '~';
      *end++ = *c == '~' ? '0' : '1';
    } else {
      *end++ = *c;
    }
  }
  *end = '\0';
  const mlmon_projection wanted = {
      .size = sizeof wanted, .type = MLMON_COLUMN_NUMBER, .pointer = mlmon_str_of(pointer)};
  return self->services->project(self->host, &wanted, &self->column);
}

/* Both keys are there: the schema has defaults for them. */
static int32_t configure(mlmon_observer *self, mlmon_str config) {
  if (mlmon_config_number(config, "below", &self->below) != MLMON_OK ||
      mlmon_config_text(config, "metric", self->metric, sizeof self->metric) != MLMON_OK) {
    self->services->set_error(self->host, mlmon_str_of("metric: expected a name of at most 128 bytes"));
    return MLMON_E_CONFIG;
  }
  return project(self);
}

static int32_t create(mlmon_observer_host *host, const mlmon_observer_services *services,
                      mlmon_str config, mlmon_observer **out) {
  mlmon_observer *self = calloc(1, sizeof *self);
  if (self == NULL) return MLMON_E_NOMEM;
  self->host = host;
  self->services = services;
  int32_t result = configure(self, config);
  if (result == MLMON_OK) {
    *out = self;
  } else {
    free(self);
  }
  return result;
}

/* Decides: `state` is what the rule came to at this event. */
static int32_t tell(mlmon_observer *self, mlmon_model model, uint32_t row, const char *state,
                    double value) {
  char room[6 * LONGEST_NAME + 100];
  mlmon_fields fields = mlmon_fields_in(room, sizeof room);
  mlmon_fields_text(&fields, "metric", mlmon_str_of(self->metric));
  mlmon_fields_number(&fields, "value", value);
  mlmon_fields_number(&fields, "threshold", self->below);
  const mlmon_action action = {.size = sizeof action,
                               .row = row,
                               .model = model,
                               .type = mlmon_str_of("alert"),
                               .rule = mlmon_str_of("low"),
                               .transition = mlmon_str_of(state),
                               .fields = mlmon_fields_str(&fields)};
  return self->services->act(self->host, &action);
}

/* One event. Whether the model's figure is low is kept, so that it holds over restarts. */
static int32_t observe(mlmon_observer *self, mlmon_model model, uint32_t row, double value) {
  const mlmon_observer_services *services = self->services;
  const mlmon_str key = mlmon_str_of("low");
  mlmon_str kept;
  const int was_low = services->state_get(self->host, model, key, &kept) == MLMON_OK;
  const int is_low = value < self->below;
  if (is_low == was_low) return MLMON_OK;
  const int32_t result = is_low ? services->state_put(self->host, model, key, mlmon_str_of("1"))
                                : services->state_delete(self->host, model, key);
  if (result < 0) return result;
  return tell(self, model, row, is_low ? "firing" : "resolved", value);
}

static int32_t on_batch(mlmon_observer *self, const mlmon_batch *batch) {
  const double *values = batch->columns[self->column]->numbers;
  for (uint32_t i = 0; i < batch->count; i++) {
    const uint32_t row = mlmon_row(batch, i);
    if (values[row] != values[row]) continue; /* NaN: the event does not carry it */
    const int32_t result = observe(self, batch->model[row], row, values[row]);
    if (result < 0) return result;
  }
  return MLMON_OK;
}

static void destroy(mlmon_observer *self) { free(self); }

static const mlmon_observer_role role = {
    .size = sizeof role, .create = create, .on_batch = on_batch, .destroy = destroy};

/* The keys of its configuration: mlmon checks them, fills in the defaults and shows them to people. */
static const char schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"metric\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128,\"default\":\"auc\","
    "\"description\":\"a name in an event's `metrics`\"},"
    "\"below\":{\"type\":\"number\",\"default\":0.8,"
    "\"description\":\"alert when the metric is below this\"}}}";

MLMON_OBSERVER_PLUGIN_WITH("org.example.@NAME@", "0.1.0", "alerts when a metric falls below a limit",
                           schema, &role, 1, "metrics", NULL)
