/* What the bad plugins have in common: an observer that behaves, from which each departs in one
 * thing.
 *
 * It alerts at every event whose f1 is below 0.5 (rule "low", state "firing", no fields).
 */
#ifndef BAD_PLUGINS_BASE_H
#define BAD_PLUGINS_BASE_H

#include <mlmon/note.h>
#include <stdlib.h>
#include <string.h>

#define BASE_SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"

struct mlmon_observer {
  mlmon_observer_host* host;
  const mlmon_observer_services* services;
  uint64_t seen; /* events so far */
  const void* kept; /* what a bad one remembers */
  long number;   /* of the configuration, where there is one */
  char how[32];  /* likewise */
};

static inline mlmon_str base_str(const char* text) {
  mlmon_str str = {text, strlen(text)};
  return str;
}

static inline void base_set_error(mlmon_observer* self, const char* text) {
  self->services->set_error(self->host, base_str(text));
}

/* The text behind `"key":` in a flat object that the host wrote, or NULL. */
static inline const char* base_value(mlmon_str config, const char* key) {
  const size_t length = strlen(key);
  size_t at = 0;
  for (; at + length + 3 < config.len; ++at) {
    const char* here = config.ptr + at;
    if (*here == '"' && memcmp(here + 1, key, length) == 0 &&
        memcmp(here + 1 + length, "\":", 2) == 0) {
      return here + length + 3;
    }
  }
  return NULL;
}

/* Reads the keys "number" (an integer) and "how" (a string without escapes). */
static inline mlmon_observer* base_new(mlmon_observer_host* host,
                                       const mlmon_observer_services* services, mlmon_str config) {
  mlmon_observer* self = (mlmon_observer*)calloc(1, sizeof *self);
  const char* number = base_value(config, "number");
  const char* how = base_value(config, "how");
  size_t i = 0;
  self->host = host;
  self->services = services;
  /* The config ends with a brace, where strtol stops. */
  if (number != NULL) self->number = strtol(number, NULL, 10);
  if (how != NULL) {
    for (++how; *how != '"' && i + 1 < sizeof self->how; ++how, ++i) self->how[i] = *how;
  }
  return self;
}

static inline mlmon_action base_action(uint32_t row, mlmon_model model) {
  mlmon_action action;
  memset(&action, 0, sizeof action);
  action.size = sizeof action;
  action.row = row;
  action.model = model;
  action.type = base_str("alert");
  action.rule = base_str("low");
  action.transition = base_str("firing");
  return action;
}

static inline int32_t base_create(mlmon_observer_host* host,
                                  const mlmon_observer_services* services, mlmon_str config,
                                  mlmon_observer** out) {
  *out = base_new(host, services, config);
  return MLMON_OK;
}

static inline int32_t base_on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  uint32_t i;
  for (i = 0; i < batch->count; ++i) {
    const uint32_t row = mlmon_row(batch, i);
    if (batch->f1[row] < 0.5) {
      const mlmon_action action = base_action(row, batch->model[row]);
      const int32_t result = self->services->act(self->host, &action);
      if (result < 0) return result;
    }
  }
  self->seen += batch->count;
  return MLMON_OK;
}

static inline int32_t base_finish(mlmon_observer* self) {
  (void)self;
  return MLMON_OK;
}

static inline void base_destroy(mlmon_observer* self) { free(self); }

#define BASE_ROLE(CREATE, ON_BATCH, FINISH, DESTROY) \
  static const mlmon_observer_role role = {          \
      sizeof(mlmon_observer_role), 0, CREATE, ON_BATCH, FINISH, DESTROY, NULL, NULL, NULL};

/* The descriptor of a plugin with the class above, for those that get something else wrong. */
#define BASE_CLASS(ID, SCHEMA)                                                       \
  BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)                   \
  static const mlmon_class the_class = {sizeof(mlmon_class), 0,      ID,    "1.0.0", \
                                        "one line",          SCHEMA, &role, NULL,    \
                                        NULL,                NULL};                  \
  static const mlmon_class* const classes[] = {&the_class};

#define BASE_ENTRY(PLUGIN)                                                \
  const mlmon_plugin* mlmon_plugin_entry_v1(const mlmon_loader* loader) { \
    (void)loader;                                                         \
    return PLUGIN;                                                        \
  }

#endif
