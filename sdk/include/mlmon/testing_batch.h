/* mlmon/testing_batch.h - configurations, lines and batches for <mlmon/testing.h>. */
#ifndef MLMON_TESTING_BATCH_H
#define MLMON_TESTING_BATCH_H

#include <math.h>

#include "testing_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The configuration with the defaults of the schema's properties. */
static inline int32_t mlmon_testing_fill_in(mlmon_testing *host) {
  const mlmon_str schema = mlmon_str_of(host->cls->config_schema == NULL ? "{}" : host->cls->config_schema);
  const mlmon_str given = mlmon_str_of(host->config);
  const size_t room = schema.len + given.len + 8;
  char *full = (char *)mlmon_testing_take(&host->memory, room);
  const char *at;
  mlmon_str properties = {"{}", 2}, name, value, open, found;
  size_t len = 1;
  full[0] = '{';
  mlmon_config_find(schema, "properties", &properties);
  at = mlmon_json_skip(given.ptr, given.ptr + given.len, "");
  if (*at++ != '{') {
    return mlmon_testing_fail(host, MLMON_E_CONFIG, "the configuration: expected a JSON object");
  }
  while (mlmon_testing_next(&host->memory, &at, given.ptr + given.len, 1, &name, &value)) {
    if (mlmon_config_find(properties, name.ptr, &found) != MLMON_OK &&
        (host->cls->config_schema == NULL || (mlmon_config_find(schema, "additionalProperties", &open) == MLMON_OK &&
                                              mlmon_testing_same(open, mlmon_str_of("false"))))) {
      char text[200];
      snprintf(text, sizeof text, "%.150s: unknown key", name.ptr);
      return mlmon_testing_fail(host, MLMON_E_CONFIG, text);
    }
    len += (size_t)snprintf(full + len, room - len, "%s\"%s\":%.*s", len == 1 ? "" : ",", name.ptr, (int)value.len,
                            value.ptr);
  }
  at = properties.ptr + 1;
  while (mlmon_testing_next(&host->memory, &at, properties.ptr + properties.len, 1, &name, &value)) {
    if (mlmon_config_find(given, name.ptr, &found) == MLMON_OK) continue;
    if (mlmon_config_find(value, "default", &found) != MLMON_OK) continue;
    len += (size_t)snprintf(full + len, room - len, "%s\"%s\":%.*s", len == 1 ? "" : ",", name.ptr, (int)found.len,
                            found.ptr);
  }
  snprintf(full + len, room - len, "}");
  host->config = full;
  return MLMON_OK;
}

/* A string at a pointer of a line, or an empty one. */
static inline mlmon_str mlmon_testing_text_at(mlmon_testing *host, mlmon_str line, const char *pointer) {
  mlmon_str value = {"", 0};
  if (mlmon_testing_resolve(&host->memory, line, mlmon_str_of(pointer), &value) && value.ptr[0] == '"') {
    return mlmon_testing_unescape(&host->memory, value);
  }
  value.ptr = "";
  value.len = 0;
  return value;
}

static inline int32_t mlmon_testing_read_event(mlmon_testing *host, mlmon_str line, mlmon_testing_event *event) {
  static const char *const times[] = {"/at", "/captured_at", "/detected_at", "/at"};
  const mlmon_str type = mlmon_testing_text_at(host, line, "/type");
  const mlmon_str name = mlmon_testing_text_at(host, line, "/model/name");
  const mlmon_str version = mlmon_testing_text_at(host, line, "/model/version");
  const mlmon_str deployed_at = mlmon_testing_text_at(host, line, "/model/deployed_at");
  char text[160];
  const char *wrong = NULL;
  int64_t deployed_ns = 0;
  event->json = line;
  event->line = host->lines;
  event->offset = host->bytes;
  event->kind = type.len == 0 ? 0 : mlmon_testing_kind(host, type);
  event->seen = mlmon_testing_sees(host, type);
  if (type.len == 0) {
    wrong = "type: expected a string";
  } else if (name.len == 0 || version.len == 0) {
    wrong = "model: expected an object with name, version and deployed_at";
  } else if (!mlmon_testing_time(deployed_at.ptr, &deployed_ns)) {
    wrong = "model.deployed_at: expected a time such as 2026-01-31T08:00:00Z";
  } else if (!mlmon_testing_time(mlmon_testing_text_at(host, line, times[event->kind < 4 ? event->kind : 0]).ptr,
                                 &event->time_ns)) {
    wrong = event->kind == MLMON_KIND_METRICS ? "captured_at: expected a time such as 2026-01-31T08:00:00Z"
            : event->kind == MLMON_KIND_DRIFT ? "detected_at: expected a time such as 2026-01-31T08:00:00Z"
                                              : "at: expected a time such as 2026-01-31T08:00:00Z";
  } else if (event->kind >= 16 && !event->seen) {
    wrong = "type: the observer does not subscribe to it, and mlmon does not know it";
  }
  if (wrong != NULL) {
    snprintf(text, sizeof text, "line %llu: %s", (unsigned long long)host->lines, wrong);
    return mlmon_testing_fail(host, MLMON_E_INVALID, text);
  }
  event->model = mlmon_testing_intern(host, name, version, deployed_at, deployed_ns);
  return MLMON_OK;
}

/* A JSON number; NaN: it is another value, or beyond the doubles. With `whole`: it has no fraction or exponent. */
static inline double mlmon_testing_number(mlmon_testing_memory *memory, mlmon_str value, int whole) {
  const char *digits = mlmon_testing_copy(memory, value);
  double number;
  if (*digits == '\0' || strchr("-0123456789", *digits) == NULL) return NAN;
  if (whole && strpbrk(digits, ".eE") != NULL) return NAN;
  number = strtod(digits, NULL);
  return number - number == 0 ? number : NAN;
}

/* One row of a projected column. */
static inline void mlmon_testing_cell(mlmon_testing *host, mlmon_column *column, const mlmon_projection *wanted,
                                      const mlmon_testing_event *event, uint32_t row, size_t *text_len) {
  mlmon_testing_memory *memory = &host->batch_memory;
  mlmon_str value = {"", 0};
  const int there =
      (wanted->event_type.len == 0 ||
       mlmon_testing_same(wanted->event_type, mlmon_testing_kind_name(host, event->kind))) &&
      mlmon_testing_resolve(memory, event->json, wanted->pointer, &value);
  if (wanted->type == MLMON_COLUMN_NUMBER) {
    ((double *)column->numbers)[row] = there ? mlmon_testing_number(memory, value, 0) : NAN;
  } else if (wanted->type == MLMON_COLUMN_INTEGER) {
    const int whole = there && !isnan(mlmon_testing_number(memory, value, 1));
    long long number = whole ? strtoll(mlmon_testing_copy(memory, value), NULL, 10) : 0;
    /* What does not fit is answered by the largest, and the least is what stands for nothing. */
    if (!whole || number == INT64_MAX) number = MLMON_ABSENT_INTEGER;
    ((int64_t *)column->integers)[row] = number;
  } else if (wanted->type == MLMON_COLUMN_BOOLEAN) {
    ((int64_t *)column->integers)[row] = there && mlmon_testing_same(value, mlmon_str_of("true"))    ? 1
                                         : there && mlmon_testing_same(value, mlmon_str_of("false"))
                                             ? 0
                                             : MLMON_ABSENT_INTEGER;
  } else if (there && (wanted->type == MLMON_COLUMN_JSON || *value.ptr == '"')) {
    if (wanted->type == MLMON_COLUMN_TEXT) value = mlmon_testing_unescape(memory, value);
    if (value.len > 0) memcpy((char *)column->text + *text_len, value.ptr, value.len);
    ((uint32_t *)column->text_off)[row] = (uint32_t)*text_len;
    ((uint32_t *)column->text_len)[row] = (uint32_t)value.len;
    *text_len += value.len;
  } else {
    ((uint32_t *)column->text_off)[row] = MLMON_ABSENT_TEXT;
  }
}

static inline const mlmon_column *mlmon_testing_column(mlmon_testing *host, const mlmon_projection *wanted,
                                                       const mlmon_testing_event *events, uint32_t n) {
  mlmon_testing_memory *memory = &host->batch_memory;
  mlmon_column *column = (mlmon_column *)mlmon_testing_take(memory, sizeof *column);
  size_t text_len = 0, most = 0;
  uint32_t row;
  column->size = sizeof *column;
  column->type = wanted->type;
  if (wanted->type == MLMON_COLUMN_NUMBER) {
    column->numbers = (double *)mlmon_testing_take(memory, n * sizeof(double));
  } else if (wanted->type == MLMON_COLUMN_INTEGER || wanted->type == MLMON_COLUMN_BOOLEAN) {
    column->integers = (int64_t *)mlmon_testing_take(memory, n * sizeof(int64_t));
  } else {
    column->text_off = (uint32_t *)mlmon_testing_take(memory, n * sizeof(uint32_t));
    column->text_len = (uint32_t *)mlmon_testing_take(memory, n * sizeof(uint32_t));
    for (row = 0; row < n; row++) most += events[row].json.len; /* no text is longer than what it stands in */
    column->text = (char *)mlmon_testing_take(memory, most);
  }
  for (row = 0; row < n; row++) mlmon_testing_cell(host, column, wanted, &events[row], row, &text_len);
  return column;
}

/* A column of the figures, as all events have them. */
static inline const double *mlmon_testing_figures(mlmon_testing *host, const char *pointer,
                                                  const mlmon_testing_event *events, uint32_t n) {
  mlmon_projection wanted = {sizeof wanted, MLMON_COLUMN_NUMBER, {NULL, 0}, {NULL, 0}};
  wanted.pointer = mlmon_str_of(pointer);
  return mlmon_testing_column(host, &wanted, events, n)->numbers;
}

/* Of each event, and of what the observer asked for. */
static inline mlmon_batch mlmon_testing_columns(mlmon_testing *host, const mlmon_testing_event *events, uint32_t n) {
  mlmon_testing_memory *memory = &host->batch_memory;
  const mlmon_projection line = {sizeof line, MLMON_COLUMN_JSON, {"", 0}, {NULL, 0}};
  const mlmon_column *raw = mlmon_testing_column(host, &line, events, n);
  int64_t *time_ns = (int64_t *)mlmon_testing_take(memory, n * sizeof *time_ns);
  int64_t *samples = (int64_t *)mlmon_testing_take(memory, n * sizeof *samples);
  uint32_t *model = (uint32_t *)mlmon_testing_take(memory, n * sizeof *model);
  uint32_t *kind = (uint32_t *)mlmon_testing_take(memory, n * sizeof *kind);
  uint32_t *sel = (uint32_t *)mlmon_testing_take(memory, n * sizeof *sel);
  uint64_t *lines = (uint64_t *)mlmon_testing_take(memory, n * sizeof *lines);
  uint64_t *offset = (uint64_t *)mlmon_testing_take(memory, n * sizeof *offset);
  const mlmon_column **columns = (const mlmon_column **)mlmon_testing_take(memory, host->n_columns * sizeof *columns);
  const double *counts = mlmon_testing_figures(host, "/samples", events, n);
  mlmon_batch batch;
  uint32_t i;
  memset(&batch, 0, sizeof batch);
  for (i = 0; i < n; i++) {
    time_ns[i] = events[i].time_ns;
    samples[i] = isnan(counts[i]) ? -1 : (int64_t)counts[i];
    model[i] = events[i].model;
    kind[i] = events[i].kind;
    lines[i] = events[i].line;
    offset[i] = events[i].offset;
    if (events[i].seen) sel[batch.count++] = i;
  }
  for (i = 0; i < host->n_columns; i++) columns[i] = mlmon_testing_column(host, &host->columns[i], events, n);
  batch.size = sizeof batch;
  batch.rows = n;
  batch.sel = batch.count == n ? NULL : sel;
  batch.time_ns = time_ns;
  batch.model = model;
  batch.kind = kind;
  batch.accuracy = mlmon_testing_figures(host, "/accuracy", events, n);
  batch.precision = mlmon_testing_figures(host, "/precision", events, n);
  batch.recall = mlmon_testing_figures(host, "/recall", events, n);
  batch.f1 = mlmon_testing_figures(host, "/f1", events, n);
  batch.p_value = mlmon_testing_figures(host, "/p_value", events, n);
  batch.magnitude = mlmon_testing_figures(host, "/magnitude", events, n);
  batch.samples = samples;
  batch.line = lines;
  batch.offset = offset;
  batch.raw_off = raw->text_off;
  batch.raw_len = raw->text_len;
  batch.raw = raw->text;
  batch.n_columns = host->n_columns;
  batch.columns = columns;
  return batch;
}

/* Before a call that may fail: what is kept, and how much was decided and counted. */
typedef struct mlmon_testing_before_call {
  mlmon_testing_kept *kept;
  uint64_t *counts;
  size_t n_kept, actions, suppressed, emitted;
} mlmon_testing_before_call;

static inline mlmon_testing_before_call mlmon_testing_enter(mlmon_testing *host, const mlmon_testing_event *events,
                                                            uint32_t n) {
  mlmon_testing_before_call before;
  before.kept = host->kept;
  before.n_kept = host->n_kept;
  before.counts = host->counts;
  before.actions = host->actions.n;
  before.suppressed = host->suppressed.n;
  before.emitted = host->emitted.n;
  host->kept = (mlmon_testing_kept *)mlmon_testing_array(&host->memory, host->kept, host->n_kept, host->n_kept,
                                                         sizeof *host->kept);
  host->counts =
      (uint64_t *)mlmon_testing_array(&host->memory, host->counts, host->n_counters, host->n_counters, sizeof(uint64_t));
  host->events = events;
  host->n_events = n;
  mlmon_testing_begin(host, mlmon_testing_deciding);
  return before;
}

/* What a call that failed decided, kept and counted does not count. */
static inline int32_t mlmon_testing_leave(mlmon_testing *host, int32_t code, mlmon_testing_before_call before) {
  host->events = NULL;
  host->n_events = 0;
  if (mlmon_testing_end(host, code) != MLMON_OK) {
    host->kept = before.kept;
    host->n_kept = before.n_kept;
    host->counts = before.counts;
    host->actions.n = before.actions;
    host->suppressed.n = before.suppressed;
    host->emitted.n = before.emitted;
  }
  return host->code;
}

static inline int32_t mlmon_testing_batch(mlmon_testing *host, const mlmon_testing_event *events, uint32_t n) {
  mlmon_testing_before_call before;
  mlmon_batch batch;
  if (host->code != MLMON_OK) return host->code;
  batch = mlmon_testing_columns(host, events, n);
  batch.first_seq = n > 0 ? events[0].line : 0;
  if (batch.count > 0) {
    before = mlmon_testing_enter(host, events, n);
    mlmon_testing_leave(host, host->cls->observer->on_batch(host->observer, &batch), before);
  }
  mlmon_testing_release(&host->batch_memory);
  return host->code;
}

/* By model, of each as they were made. */
static inline void mlmon_testing_sort(mlmon_testing_decisions *all, size_t begin) {
  size_t i, at;
  for (i = begin + 1; i < all->n; i++) {
    const mlmon_testing_decision one = all->at[i];
    for (at = i; at > begin; at--) {
      int order = strcmp(one.model, all->at[at - 1].model);
      if (order == 0) order = strcmp(one.version, all->at[at - 1].version);
      if (order == 0) order = strcmp(one.deployed_at, all->at[at - 1].deployed_at);
      if (order >= 0) break;
      all->at[at] = all->at[at - 1];
    }
    all->at[at] = one;
  }
}

static inline int32_t mlmon_testing_tick(mlmon_testing *host, int64_t time_ns) {
  const mlmon_tick tick = {sizeof tick, 0, time_ns};
  mlmon_testing_before_call before;
  if (host->code != MLMON_OK) return host->code;
  host->tick_ns = time_ns;
  before = mlmon_testing_enter(host, NULL, 1);
  if (mlmon_testing_leave(host, host->cls->observer->on_tick(host->observer, &tick), before) == MLMON_OK) {
    mlmon_testing_sort(&host->actions, before.actions);
    mlmon_testing_sort(&host->suppressed, before.suppressed);
    mlmon_testing_sort(&host->emitted, before.emitted);
  }
  return host->code;
}

#ifdef __cplusplus
}
#endif
#endif
