/* mlmon/testing_host.h - the host's side of <mlmon/testing.h>: what can be read of it, and its services. */
#ifndef MLMON_TESTING_HOST_H
#define MLMON_TESTING_HOST_H

#include "plugin.h"
#include "testing_json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An action, a suppression or an event that was emitted. What does not apply is "". */
typedef struct mlmon_testing_decision {
  const char *type;       /* of a suppression: of the action that was held back */
  const char *rule, *state, *why;
  const char *fields;     /* one JSON object */
  const char *model, *version, *deployed_at;
  int64_t time_ns;        /* of the event, or of the tick */
  int64_t until_ns;       /* of a suppression; 0: not told */
  uint64_t line;          /* of all lines that the host was fed, from 1; 0: a tick */
} mlmon_testing_decision;

typedef struct mlmon_testing_decisions {
  mlmon_testing_decision *at;
  size_t n; /* set it to 0 to begin anew */
} mlmon_testing_decisions;

typedef struct mlmon_testing_event {
  mlmon_str json;
  mlmon_model model;
  uint32_t kind;
  int64_t time_ns;
  uint64_t line, offset;
  int32_t seen; /* the observer subscribed to it */
} mlmon_testing_event;

typedef struct mlmon_testing_kept {
  mlmon_model model;
  mlmon_str key, value;
} mlmon_testing_kept;

typedef struct mlmon_testing {
  int32_t code;      /* of the first call that failed, else MLMON_OK: then nothing more is called */
  const char *error; /* its text */
  const char *log;   /* lines */
  int32_t explaining; /* set it to 1 to see the fields of suppressions */
  mlmon_testing_decisions actions, suppressed, emitted;

  /* The host's own. */
  const mlmon_class *cls;
  mlmon_observer *observer;
  const char *config;
  mlmon_testing_memory memory, batch_memory;
  int phase;
  const mlmon_testing_event *events; /* of the call at hand */
  uint32_t n_events;
  int64_t tick_ns, period_ns, now_ns;
  int has_now;
  uint64_t lines, bytes; /* that it was fed */
  size_t decided;
  char last_id[32];
  mlmon_model_info *models;
  uint32_t n_models;
  mlmon_str *types; /* of kinds from 16 on */
  uint32_t n_types;
  mlmon_str *subscribed, *counter_names;
  uint64_t *counts;
  uint32_t n_subscribed, n_counters;
  mlmon_projection *columns;
  uint32_t n_columns;
  mlmon_testing_kept *kept, *scan;
  size_t n_kept, n_scan, scanned;
} mlmon_testing;

/* What an observer may ask for depends on the call that it is in. */
enum {
  mlmon_testing_idle,
  mlmon_testing_creating,
  mlmon_testing_deciding, /* on_batch, on_tick */
  mlmon_testing_migrating,
  mlmon_testing_reading /* finish, explain */
};

static inline mlmon_testing *mlmon_testing_of(mlmon_observer_host *host) { return (mlmon_testing *)host; }

/* Of what fails the first counts. */
static inline int32_t mlmon_testing_fail(mlmon_testing *host, int32_t code, const char *text) {
  if (host->code != MLMON_OK) return host->code;
  host->code = code;
  if (*text != '\0') host->error = mlmon_testing_copy(&host->memory, mlmon_str_of(text));
  return code;
}

static inline void mlmon_testing_begin(mlmon_testing *host, int phase) {
  host->error = "";
  host->phase = phase;
}

static inline int32_t mlmon_testing_end(mlmon_testing *host, int32_t code) {
  host->phase = mlmon_testing_idle;
  return code < 0 ? mlmon_testing_fail(host, code, "") : host->code;
}

/* A service that must not be called now, or not so: that ends the observer, whatever it makes of the answer. */
static inline int32_t mlmon_testing_refuse(mlmon_testing *host, const char *service, const char *why) {
  char text[200];
  snprintf(text, sizeof text, "%s: %s", service, why);
  return mlmon_testing_fail(host, MLMON_E_INVALID, text);
}

/* The handle of a model by its name, the first of that name; MLMON_EVERY_MODEL: there is none. */
static inline mlmon_model mlmon_testing_model(const mlmon_testing *host, const char *name) {
  uint32_t i;
  for (i = 0; i < host->n_models; i++) {
    if (mlmon_testing_same(host->models[i].name, mlmon_str_of(name))) return i + 1;
  }
  return MLMON_EVERY_MODEL;
}

static inline mlmon_model mlmon_testing_intern(mlmon_testing *host, mlmon_str name, mlmon_str version,
                                               mlmon_str deployed_at, int64_t deployed_ns) {
  mlmon_model_info *info;
  uint32_t i;
  for (i = 0; i < host->n_models; i++) {
    info = &host->models[i];
    if (mlmon_testing_same(info->name, name) && mlmon_testing_same(info->version, version) &&
        mlmon_testing_same(info->deployed_at, deployed_at)) {
      return i + 1;
    }
  }
  host->models = (mlmon_model_info *)mlmon_testing_longer(&host->memory, host->models, host->n_models, sizeof *info);
  info = &host->models[host->n_models++];
  info->name = name;
  info->version = version;
  info->deployed_at = deployed_at;
  info->deployed_s = mlmon_testing_floor(deployed_ns, 1000000000) / 1000000000;
  info->deployed_ns = (uint32_t)(deployed_ns - info->deployed_s * 1000000000);
  return host->n_models;
}

/* Metrics, drift and job are 1 to 3; others count from 16 on. */
static inline uint32_t mlmon_testing_kind(mlmon_testing *host, mlmon_str type) {
  static const char *const own[] = {"metrics", "drift", "job"};
  uint32_t i;
  for (i = 0; i < 3; i++) {
    if (mlmon_testing_same(type, mlmon_str_of(own[i]))) return i + 1;
  }
  for (i = 0; i < host->n_types; i++) {
    if (mlmon_testing_same(type, host->types[i])) return 16 + i;
  }
  host->types = (mlmon_str *)mlmon_testing_longer(&host->memory, host->types, host->n_types, sizeof type);
  type.ptr = mlmon_testing_copy(&host->memory, type);
  host->types[host->n_types] = type;
  return 16 + host->n_types++;
}

static inline mlmon_str mlmon_testing_kind_name(const mlmon_testing *host, uint32_t kind) {
  static const char *const own[] = {"metrics", "drift", "job"};
  return kind >= 16 ? host->types[kind - 16] : mlmon_str_of(own[kind - 1]);
}

/* A list is separated by spaces. */
static inline int mlmon_testing_lists(const char *list, mlmon_str type) {
  while (*list != '\0') {
    mlmon_str one;
    one.ptr = list;
    one.len = strcspn(list, " ");
    if (mlmon_testing_same(one, type)) return 1;
    list += one.len + strspn(list + one.len, " ");
  }
  return 0;
}

static inline int mlmon_testing_sees(const mlmon_testing *host, mlmon_str type) {
  uint32_t i;
  if (mlmon_testing_lists(host->cls->subscribes == NULL ? "metrics drift job" : host->cls->subscribes, type)) return 1;
  for (i = 0; i < host->n_subscribed; i++) {
    if (mlmon_testing_same(host->subscribed[i], type)) return 1;
  }
  return 0;
}

static inline mlmon_testing_kept *mlmon_testing_find_kept(const mlmon_testing *host, mlmon_model model, mlmon_str key) {
  size_t i;
  for (i = 0; i < host->n_kept; i++) {
    if (host->kept[i].model == model && mlmon_testing_same(host->kept[i].key, key)) return &host->kept[i];
  }
  return NULL;
}

static inline void mlmon_testing_put(mlmon_testing *host, mlmon_model model, mlmon_str key, mlmon_str value) {
  mlmon_testing_kept *kept = mlmon_testing_find_kept(host, model, key);
  value.ptr = mlmon_testing_copy(&host->memory, value);
  if (kept == NULL) {
    host->kept = (mlmon_testing_kept *)mlmon_testing_longer(&host->memory, host->kept, host->n_kept, sizeof *kept);
    kept = &host->kept[host->n_kept++];
    kept->model = model;
    kept->key = key;
    kept->key.ptr = mlmon_testing_copy(&host->memory, key);
  }
  kept->value = value;
}

#ifdef __cplusplus
}
#endif
#endif
