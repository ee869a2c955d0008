/* mlmon/testing_services.h - what an observer may call of the host of <mlmon/testing.h>. */
#ifndef MLMON_TESTING_SERVICES_H
#define MLMON_TESTING_SERVICES_H

#include "testing_host.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline void mlmon_testing_log(mlmon_observer_host *handle, int32_t level, mlmon_str text) {
  mlmon_testing *host = mlmon_testing_of(handle);
  const size_t room = strlen(host->log) + text.len + 2;
  char *log = (char *)mlmon_testing_take(&host->memory, room);
  (void)level;
  snprintf(log, room, "%s%.*s\n", host->log, (int)text.len, text.ptr);
  host->log = log;
}

static inline void mlmon_testing_set_error(mlmon_observer_host *handle, mlmon_str text) {
  mlmon_testing *host = mlmon_testing_of(handle);
  if (host->code == MLMON_OK) host->error = mlmon_testing_copy(&host->memory, text);
}

static inline int32_t mlmon_testing_cancelled(mlmon_observer_host *handle) { return (void)handle, 0; }

static inline int32_t mlmon_testing_explaining(mlmon_observer_host *handle) {
  return mlmon_testing_of(handle)->explaining;
}

static inline int32_t mlmon_testing_model_info(mlmon_observer_host *handle, mlmon_model model, mlmon_model_info *info) {
  const mlmon_testing *host = mlmon_testing_of(handle);
  mlmon_model_info full;
  if (model == 0 || model > host->n_models) return MLMON_E_NOT_FOUND;
  full = host->models[model - 1];
  full.size = info->size;
  full.model = model;
  memcpy(info, &full, info->size < sizeof full ? info->size : sizeof full);
  return MLMON_OK;
}

static inline int mlmon_testing_is_name(mlmon_str text) {
  size_t i;
  for (i = 0; i < text.len; i++) {
    if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_", text.ptr[i]) == NULL || text.ptr[i] == '\0') return 0;
  }
  return text.len > 0;
}

/* The first member of the fields that is the host's own; else an empty text. */
static inline mlmon_str mlmon_testing_taken(mlmon_testing *host, mlmon_str fields, int emitted) {
  const char *const own = emitted ? "type model at id labels"
                                  : "action id observer rule state of why until model labels event_time source line "
                                    "offset";
  const char *at = fields.ptr + 1;
  mlmon_str name = {"", 0}, value;
  while (fields.len > 0 && mlmon_testing_next(&host->memory, &at, fields.ptr + fields.len, 1, &name, &value)) {
    if (mlmon_testing_lists(own, name)) return name;
  }
  name.len = 0;
  return name;
}

/* Takes what was decided; NULL: it is refused. */
static inline mlmon_testing_decision *mlmon_testing_decide(mlmon_testing *host, mlmon_testing_decisions *all,
                                                           const char *service, uint32_t row, mlmon_model model,
                                                           mlmon_str type, mlmon_str rule, mlmon_str fields) {
  mlmon_testing_decision *decision;
  const char *why = host->phase != mlmon_testing_deciding  ? "only during on_batch and on_tick"
                    : row >= host->n_events                ? "the row is outside of the batch"
                    : model == 0 || model > host->n_models ? "there is no such model"
                    : type.len == 0                        ? "the type is empty"
                    : rule.len == 0                        ? "the rule is empty"
                    : fields.len > 256 * 1024              ? "the fields have more than 256 KiB"
                    : fields.len > 0 && (fields.ptr[0] != '{' || fields.ptr[fields.len - 1] != '}')
                        ? "the fields are not a JSON object"
                        : NULL;
  char text[80];
  if (why == NULL) {
    const mlmon_str taken = mlmon_testing_taken(host, fields, all == &host->emitted);
    snprintf(text, sizeof text, "fields: \"%.*s\" is the host's", (int)taken.len, taken.ptr);
    why = taken.len > 0 ? text : NULL;
  }
  if (why != NULL) return mlmon_testing_refuse(host, service, why), (mlmon_testing_decision *)NULL;
  all->at = (mlmon_testing_decision *)mlmon_testing_longer(&host->memory, all->at, all->n, sizeof *decision);
  decision = &all->at[all->n++];
  memset(decision, 0, sizeof *decision);
  decision->type = mlmon_testing_copy(&host->memory, type);
  decision->rule = mlmon_testing_copy(&host->memory, rule);
  decision->fields = fields.len == 0 ? "{}" : mlmon_testing_copy(&host->memory, fields);
  decision->model = host->models[model - 1].name.ptr;
  decision->version = host->models[model - 1].version.ptr;
  decision->deployed_at = host->models[model - 1].deployed_at.ptr;
  decision->state = decision->why = "";
  decision->time_ns = host->events == NULL ? host->tick_ns : host->events[row].time_ns;
  decision->line = host->events == NULL ? 0 : host->events[row].line;
  return decision;
}

static inline int32_t mlmon_testing_act(mlmon_observer_host *handle, const mlmon_action *action) {
  mlmon_testing *host = mlmon_testing_of(handle);
  mlmon_testing_decision *decision;
  if (!mlmon_testing_is_name(action->type)) {
    return mlmon_testing_refuse(host, "act", "expected a type of a-z, 0-9 and _");
  }
  decision = mlmon_testing_decide(host, &host->actions, "act", action->row, action->model, action->type, action->rule,
                                  action->fields);
  if (decision == NULL) return MLMON_E_INVALID;
  decision->state = mlmon_testing_copy(&host->memory, action->transition);
  snprintf(host->last_id, sizeof host->last_id, "action-%zu", ++host->decided);
  return MLMON_OK;
}

static inline int32_t mlmon_testing_suppress(mlmon_observer_host *handle, const mlmon_suppression *held) {
  mlmon_testing *host = mlmon_testing_of(handle);
  mlmon_testing_decision *decision = mlmon_testing_decide(host, &host->suppressed, "suppress", held->row, held->model,
                                                          held->of, held->rule, held->fields);
  if (decision == NULL) return MLMON_E_INVALID;
  decision->why = mlmon_testing_copy(&host->memory, held->why);
  decision->until_ns = held->has_until ? held->until_ns : 0;
  return MLMON_OK;
}

static inline int32_t mlmon_testing_emit(mlmon_observer_host *handle, const mlmon_derived *derived) {
  mlmon_testing *host = mlmon_testing_of(handle);
  if (host->cls->emits == NULL || !mlmon_testing_lists(host->cls->emits, derived->type)) {
    return mlmon_testing_refuse(host, "emit", "the class does not emit this type");
  }
  return mlmon_testing_decide(host, &host->emitted, "emit", derived->row, derived->model, derived->type, derived->type,
                              derived->fields) == NULL
             ? MLMON_E_INVALID
             : MLMON_OK;
}

static inline int32_t mlmon_testing_last_action_id(mlmon_observer_host *handle, mlmon_str *id) {
  if (mlmon_testing_of(handle)->decided == 0) return MLMON_E_NOT_FOUND;
  *id = mlmon_str_of(mlmon_testing_of(handle)->last_id);
  return MLMON_OK;
}

static inline int32_t mlmon_testing_state_get(mlmon_observer_host *handle, mlmon_model model, mlmon_str key,
                                              mlmon_str *value) {
  const mlmon_testing_kept *kept = mlmon_testing_find_kept(mlmon_testing_of(handle), model, key);
  if (kept == NULL) return MLMON_E_NOT_FOUND;
  *value = kept->value;
  return MLMON_OK;
}

static inline const char *mlmon_testing_not_kept(const mlmon_testing *host, mlmon_model model, mlmon_str key) {
  return host->phase != mlmon_testing_deciding && host->phase != mlmon_testing_migrating
             ? "only during on_batch, on_tick and migrate"
         : model > host->n_models                             ? "there is no such model"
         : key.len == 0 || key.len > 1024                     ? "expected a key of 1 byte to 1 KiB"
         : key.len >= 6 && memcmp(key.ptr, "mlmon:", 6) == 0 ? "keys that begin with mlmon: are the host's"
                                                              : NULL;
}

static inline int32_t mlmon_testing_state_put(mlmon_observer_host *handle, mlmon_model model, mlmon_str key,
                                              mlmon_str value) {
  mlmon_testing *host = mlmon_testing_of(handle);
  const char *why = mlmon_testing_not_kept(host, model, key);
  if (why == NULL && value.len > 1024 * 1024) why = "the value has more than 1 MiB";
  if (why != NULL) return mlmon_testing_refuse(host, "state_put", why);
  mlmon_testing_put(host, model, key, value);
  return MLMON_OK;
}

static inline int32_t mlmon_testing_state_delete(mlmon_observer_host *handle, mlmon_model model, mlmon_str key) {
  mlmon_testing *host = mlmon_testing_of(handle);
  const char *why = mlmon_testing_not_kept(host, model, key);
  mlmon_testing_kept *kept = mlmon_testing_find_kept(host, model, key);
  if (why != NULL) return mlmon_testing_refuse(host, "state_delete", why);
  if (kept != NULL) *kept = host->kept[--host->n_kept];
  return MLMON_OK;
}

/* In the order of name, version, deployed_at and key; what is of no model comes first. */
static inline int mlmon_testing_before(const mlmon_testing *host, const mlmon_testing_kept *a,
                                       const mlmon_testing_kept *b) {
  if (a->model != b->model) {
    const mlmon_model_info *x, *y;
    int order;
    if (a->model == 0 || b->model == 0) return a->model == 0;
    x = &host->models[a->model - 1];
    y = &host->models[b->model - 1];
    order = strcmp(x->name.ptr, y->name.ptr);
    if (order == 0) order = strcmp(x->version.ptr, y->version.ptr);
    if (order == 0) order = strcmp(x->deployed_at.ptr, y->deployed_at.ptr);
    return order < 0;
  }
  return strcmp(a->key.ptr, b->key.ptr) < 0;
}

static inline int32_t mlmon_testing_state_scan(mlmon_observer_host *handle, mlmon_model model) {
  mlmon_testing *host = mlmon_testing_of(handle);
  size_t i, at;
  host->scan = (mlmon_testing_kept *)mlmon_testing_take(&host->memory, host->n_kept * sizeof *host->scan);
  host->n_scan = host->scanned = 0;
  for (i = 0; i < host->n_kept; i++) {
    const mlmon_testing_kept one = host->kept[i];
    if (model != MLMON_EVERY_MODEL && one.model != model) continue;
    for (at = host->n_scan++; at > 0 && mlmon_testing_before(host, &one, &host->scan[at - 1]); at--) {
      host->scan[at] = host->scan[at - 1];
    }
    host->scan[at] = one;
  }
  return MLMON_OK;
}

static inline int32_t mlmon_testing_state_next(mlmon_observer_host *handle, mlmon_state_item *item) {
  mlmon_testing *host = mlmon_testing_of(handle);
  if (host->scanned == host->n_scan) return MLMON_E_NOT_FOUND;
  item->model = host->scan[host->scanned].model;
  item->key = host->scan[host->scanned].key;
  item->value = host->scan[host->scanned++].value;
  return MLMON_OK;
}

static inline int32_t mlmon_testing_project(mlmon_observer_host *handle, const mlmon_projection *wanted,
                                            uint32_t *column) {
  mlmon_testing *host = mlmon_testing_of(handle);
  mlmon_projection *one;
  if (host->phase != mlmon_testing_creating) return mlmon_testing_refuse(host, "project", "only during create");
  if (wanted->type < MLMON_COLUMN_NUMBER || wanted->type > MLMON_COLUMN_JSON) {
    return mlmon_testing_refuse(host, "project", "there is no such type of column");
  }
  if (wanted->pointer.len > 0 && wanted->pointer.ptr[0] != '/') {
    return mlmon_testing_refuse(host, "project", "expected a JSON pointer, such as \"/metrics/auc\"");
  }
  for (*column = 0; *column < host->n_columns; ++*column) {
    one = &host->columns[*column];
    if (one->type == wanted->type && mlmon_testing_same(one->pointer, wanted->pointer) &&
        mlmon_testing_same(one->event_type, wanted->event_type)) {
      return MLMON_OK;
    }
  }
  host->columns = (mlmon_projection *)mlmon_testing_longer(&host->memory, host->columns, host->n_columns, sizeof *one);
  host->n_columns++;
  one = &host->columns[*column];
  *one = *wanted;
  one->pointer.ptr = mlmon_testing_copy(&host->memory, wanted->pointer);
  one->event_type.ptr = mlmon_testing_copy(&host->memory, wanted->event_type);
  return MLMON_OK;
}

static inline int32_t mlmon_testing_subscribe(mlmon_observer_host *handle, mlmon_str type, uint32_t *kind) {
  mlmon_testing *host = mlmon_testing_of(handle);
  if (host->phase != mlmon_testing_creating) return mlmon_testing_refuse(host, "subscribe", "only during create");
  host->subscribed =
      (mlmon_str *)mlmon_testing_longer(&host->memory, host->subscribed, host->n_subscribed, sizeof type);
  host->subscribed[host->n_subscribed].ptr = mlmon_testing_copy(&host->memory, type);
  host->subscribed[host->n_subscribed++].len = type.len;
  if (kind != NULL) *kind = mlmon_testing_kind(host, type);
  return MLMON_OK;
}

static inline int32_t mlmon_testing_name_of_kind(mlmon_observer_host *handle, uint32_t kind, mlmon_str *type) {
  const mlmon_testing *host = mlmon_testing_of(handle);
  if (kind == 0 || (kind > 3 && kind < 16) || kind >= 16 + host->n_types) return MLMON_E_NOT_FOUND;
  *type = mlmon_testing_kind_name(host, kind);
  return MLMON_OK;
}

static inline int32_t mlmon_testing_counter_of(mlmon_observer_host *handle, mlmon_str name, mlmon_str help,
                                               uint32_t *counter) {
  mlmon_testing *host = mlmon_testing_of(handle);
  (void)help;
  if (host->phase != mlmon_testing_creating) return mlmon_testing_refuse(host, "counter", "only during create");
  if (!mlmon_testing_is_name(name)) return mlmon_testing_refuse(host, "counter", "expected a name of a-z, 0-9 and _");
  for (*counter = 0; *counter < host->n_counters; ++*counter) {
    if (mlmon_testing_same(host->counter_names[*counter], name)) return MLMON_OK;
  }
  host->counter_names =
      (mlmon_str *)mlmon_testing_longer(&host->memory, host->counter_names, host->n_counters, sizeof name);
  host->counts =
      (uint64_t *)mlmon_testing_longer(&host->memory, host->counts, host->n_counters, sizeof *host->counts);
  host->n_counters++;
  host->counter_names[*counter].ptr = mlmon_testing_copy(&host->memory, name);
  host->counter_names[*counter].len = name.len;
  host->counts[*counter] = 0;
  return MLMON_OK;
}

static inline int32_t mlmon_testing_count(mlmon_observer_host *handle, uint32_t counter, uint64_t more) {
  mlmon_testing *host = mlmon_testing_of(handle);
  if (counter >= host->n_counters) return MLMON_E_NOT_FOUND;
  host->counts[counter] += more;
  return MLMON_OK;
}

static inline int32_t mlmon_testing_tick_every(mlmon_observer_host *handle, int64_t period_ns) {
  mlmon_testing *host = mlmon_testing_of(handle);
  if (host->phase != mlmon_testing_creating) return mlmon_testing_refuse(host, "tick_every", "only during create");
  if (period_ns < 0) return mlmon_testing_refuse(host, "tick_every", "the period is negative");
  if (!MLMON_HAS(mlmon_observer_role, host->cls->observer, on_tick) || host->cls->observer->on_tick == NULL) {
    return mlmon_testing_refuse(host, "tick_every", "the observer has no on_tick");
  }
  host->period_ns = period_ns;
  return MLMON_OK;
}

static inline const mlmon_observer_services *mlmon_testing_services(void) {
  static const mlmon_observer_services table = {sizeof(mlmon_observer_services),
                                                MLMON_ABI_MINOR,
                                                mlmon_testing_log,
                                                mlmon_testing_set_error,
                                                mlmon_testing_cancelled,
                                                mlmon_testing_model_info,
                                                mlmon_testing_act,
                                                mlmon_testing_suppress,
                                                mlmon_testing_explaining,
                                                mlmon_testing_state_get,
                                                mlmon_testing_state_put,
                                                mlmon_testing_state_delete,
                                                mlmon_testing_last_action_id,
                                                mlmon_testing_project,
                                                mlmon_testing_subscribe,
                                                mlmon_testing_name_of_kind,
                                                mlmon_testing_emit,
                                                mlmon_testing_counter_of,
                                                mlmon_testing_count,
                                                mlmon_testing_tick_every,
                                                mlmon_testing_state_scan,
                                                mlmon_testing_state_next};
  return &table;
}

#ifdef __cplusplus
}
#endif
#endif
