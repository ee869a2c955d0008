/* mlmon/testing.h - a host for unit tests: an observer is created with a configuration, gets events, and what it
 * decided, counted and kept can be read. Of mlmon nothing runs. For tests only, not for plugins.
 *
 *   mlmon_testing *host = mlmon_testing_new(mlmon_plugin_entry_v1(NULL)->classes[0], "{\"below\":0.8}");
 *   assert(mlmon_testing_feed(host, "{\"type\":\"metrics\", ...}\n...") == MLMON_OK);
 *   assert(host->actions.n == 1 && strcmp(host->actions.at[0].rule, "low") == 0);
 *   mlmon_testing_free(host);
 *
 * Link the test with the plugin's sources. It holds the observer to the rules of <mlmon/observer.h> as mlmon does:
 * what may be called when, ticks, undoing what a failed call kept, columns no longer than the batch and gone after it.
 * Less than in mlmon: of a configuration only unknown keys are refused, and defaults are those of the schema's outermost
 * `properties`; of an event only type, model and time are checked, `features` are not looked into, and ids are made up.
 * `mlmon plugin test` and `mlmon plugin check` do the rest.
 *
 * What it gives belongs to the host, until mlmon_testing_free. Out of memory ends the program.
 */
#ifndef MLMON_TESTING_H
#define MLMON_TESTING_H

#include "testing_batch.h"
#include "testing_host.h" /* struct mlmon_testing: what can be read */
#include "testing_services.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begins the instance; what is kept is there already. */
static inline int32_t mlmon_testing_create(mlmon_testing *host) {
  const mlmon_observer_role *role = host->cls->observer;
  int32_t code;
  host->observer = NULL;
  host->n_subscribed = host->n_columns = host->n_counters = 0;
  host->period_ns = 0;
  mlmon_testing_begin(host, mlmon_testing_creating);
  code = role->create((mlmon_observer_host *)host, mlmon_testing_services(), mlmon_str_of(host->config),
                      &host->observer);
  return mlmon_testing_end(host, code);
}

/* The observer of a class; config: its own keys as JSON, NULL: none. Never NULL: see `code` and `error`. */
static inline mlmon_testing *mlmon_testing_new(const mlmon_class *cls, const char *config) {
  mlmon_testing *host = (mlmon_testing *)calloc(1, sizeof *host);
  if (host == NULL) abort();
  host->error = host->log = "";
  host->cls = cls;
  host->config = config == NULL ? "{}" : config;
  if (cls->observer == NULL) {
    mlmon_testing_fail(host, MLMON_E_UNSUPPORTED, "the class has no observer");
  } else if (mlmon_testing_fill_in(host) == MLMON_OK) {
    mlmon_testing_create(host);
  }
  return host;
}

/* Events, one JSON object a line: one batch, but that it is cut at ticks. */
static inline int32_t mlmon_testing_feed(mlmon_testing *host, const char *lines) {
  const size_t most = strlen(lines) / 2 + 1;
  mlmon_testing_event *events = (mlmon_testing_event *)mlmon_testing_take(&host->memory, most * sizeof *events);
  uint32_t n = 0, begin = 0, i;
  while (*lines != '\0' && host->code == MLMON_OK) {
    const char *end = strchr(lines, '\n');
    mlmon_str line = {lines, end == NULL ? strlen(lines) : (size_t)(end - lines)};
    lines = end == NULL ? line.ptr + line.len : end + 1;
    host->lines++;
    line.ptr = mlmon_testing_copy(&host->memory, line);
    if (line.len > 0 && mlmon_testing_read_event(host, line, &events[n]) == MLMON_OK) n++;
    host->bytes += line.len + 1;
  }
  for (i = 0; i < n && host->code == MLMON_OK; i++) {
    const mlmon_testing_event *event = &events[i];
    int64_t tick;
    if (!event->seen || event->kind == MLMON_KIND_JOB) continue;
    if (host->period_ns > 0 && host->has_now) {
      tick = mlmon_testing_floor(event->time_ns, host->period_ns);
      if (tick > mlmon_testing_floor(host->now_ns, host->period_ns)) {
        mlmon_testing_batch(host, events + begin, i - begin);
        mlmon_testing_tick(host, tick);
        begin = i;
      }
    }
    if (!host->has_now || event->time_ns > host->now_ns) host->now_ns = event->time_ns;
    host->has_now = 1;
  }
  return mlmon_testing_batch(host, events + begin, n - begin);
}

/* The input has ended. */
static inline int32_t mlmon_testing_finish(mlmon_testing *host) {
  if (host->code != MLMON_OK || host->cls->observer->finish == NULL) return host->code;
  mlmon_testing_begin(host, mlmon_testing_reading);
  return mlmon_testing_end(host, host->cls->observer->finish(host->observer));
}

static inline void mlmon_testing_destroy(mlmon_testing *host) {
  if (host->observer != NULL) host->cls->observer->destroy(host->observer);
  host->observer = NULL;
}

/* Ends the instance and begins another from what it kept, as the next run of mlmon does. Models have other handles
 * then. */
static inline int32_t mlmon_testing_restart(mlmon_testing *host) {
  size_t i;
  if (mlmon_testing_finish(host) != MLMON_OK) return host->code;
  mlmon_testing_destroy(host);
  for (i = 0; i < host->n_models / 2; i++) {
    const mlmon_model_info other = host->models[i];
    host->models[i] = host->models[host->n_models - 1 - i];
    host->models[host->n_models - 1 - i] = other;
  }
  for (i = 0; i < host->n_kept; i++) {
    if (host->kept[i].model != 0) host->kept[i].model = host->n_models + 1 - host->kept[i].model;
  }
  return mlmon_testing_create(host);
}

/* As if what is kept were of an older state_version. */
static inline int32_t mlmon_testing_migrate(mlmon_testing *host, uint32_t from_version) {
  if (host->code != MLMON_OK) return host->code;
  if (!MLMON_HAS(mlmon_observer_role, host->cls->observer, migrate) || host->cls->observer->migrate == NULL) {
    return mlmon_testing_fail(host, MLMON_E_UNSUPPORTED, "the observer has no migrate");
  }
  mlmon_testing_begin(host, mlmon_testing_migrating);
  return mlmon_testing_end(host, host->cls->observer->migrate(host->observer, from_version));
}

/* What it says of a model, by its name; "": nothing. */
static inline const char *mlmon_testing_explain(mlmon_testing *host, const char *model) {
  mlmon_str said = {NULL, 0};
  if (host->code != MLMON_OK || !MLMON_HAS(mlmon_observer_role, host->cls->observer, explain) ||
      host->cls->observer->explain == NULL) {
    return "";
  }
  mlmon_testing_begin(host, mlmon_testing_reading);
  if (mlmon_testing_end(host, host->cls->observer->explain(host->observer, mlmon_testing_model(host, model), &said)) !=
      MLMON_OK) {
    return "";
  }
  return mlmon_testing_copy(&host->memory, said);
}

/* What is kept under a key of the model with this name (NULL: of none); NULL: nothing. */
static inline const char *mlmon_testing_state(mlmon_testing *host, const char *model, const char *key) {
  const mlmon_testing_kept *kept =
      mlmon_testing_find_kept(host, model == NULL ? 0 : mlmon_testing_model(host, model), mlmon_str_of(key));
  return kept == NULL ? NULL : mlmon_testing_copy(&host->memory, kept->value);
}

/* Keeps a text, as if a run before this one had. */
static inline void mlmon_testing_keep(mlmon_testing *host, const char *model, const char *key, const char *value) {
  mlmon_testing_put(host, model == NULL ? 0 : mlmon_testing_model(host, model), mlmon_str_of(key),
                    mlmon_str_of(value));
}

/* A counter of the receipt; 0 for one that there is not. */
static inline uint64_t mlmon_testing_counter(const mlmon_testing *host, const char *name) {
  uint32_t i;
  for (i = 0; i < host->n_counters; i++) {
    if (mlmon_testing_same(host->counter_names[i], mlmon_str_of(name))) return host->counts[i];
  }
  return 0;
}

/* A line: an event of a model called so, version 1.0.0; `members`: the inside of a JSON object, or "". */
static inline const char *mlmon_testing_line(mlmon_testing *host, const char *type, const char *model, const char *time,
                                             const char *members) {
  const char *at = strcmp(type, "metrics") == 0 ? "captured_at" : strcmp(type, "drift") == 0 ? "detected_at" : "at";
  const size_t room = strlen(type) + strlen(model) + strlen(time) + strlen(members) + 128;
  char *line = (char *)mlmon_testing_take(&host->memory, room);
  snprintf(line, room,
           "{\"type\":\"%s\",\"model\":{\"name\":\"%s\",\"version\":\"1.0.0\",\"deployed_at\":"
           "\"2026-01-01T00:00:00Z\"},\"%s\":\"%s\"%s%s}",
           type, model, at, time, *members == '\0' ? "" : ",", members);
  return line;
}

static inline void mlmon_testing_free(mlmon_testing *host) {
  mlmon_testing_destroy(host);
  mlmon_testing_release(&host->batch_memory);
  mlmon_testing_release(&host->memory);
  free(host);
}

#ifdef __cplusplus
}
#endif
#endif
