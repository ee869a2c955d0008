/* mlmon/observer.h - the role that decides.
 *
 * An observer sees every event it subscribed to, in order, and says what should happen. It does no
 * I/O, reads no clock but event time and rolls no dice, so that the same events give the same actions
 * on any machine and in any split of the input.
 *
 *   create -> on_batch* -> finish -> destroy      all [instance]
 *
 * If create fails, nothing else is called. If on_batch fails, finish is left out.
 */
#ifndef MLMON_OBSERVER_H
#define MLMON_OBSERVER_H

#include "batch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mlmon_observer_host mlmon_observer_host; /* the host's side of one instance */
typedef struct mlmon_observer mlmon_observer;           /* the plugin's side of it */

typedef struct mlmon_model_info {
  uint32_t size; /* set by the caller; the host fills in what fits */
  mlmon_model model;
  mlmon_str name, version, deployed_at; /* deployed_at in RFC 3339, UTC; all valid until destroy */
  int64_t deployed_s;                   /* the same in seconds since 1970 ... */
  uint32_t deployed_ns;                 /* ... and nanoseconds of that second */
  uint32_t reserved;                    /* 0 */
} mlmon_model_info;

/* What an observer decided. The host adds id, observer, model, event_time, labels and the place of the
 * event; equal (observer, rule, transition, model, event) give an equal id. */
typedef struct mlmon_action {
  uint32_t size;
  uint32_t row;         /* row of the current batch that caused it */
  mlmon_model model;    /* the model that it is about, mostly that of the row */
  uint32_t reserved;    /* 0 */
  mlmon_str type;       /* "retrain", "alert" or a type of your own: [a-z0-9_]+ */
  mlmon_str rule;       /* name of the rule that decided */
  mlmon_str transition; /* what changed, e.g. "firing"; shown as "state"; may be empty */
  mlmon_str fields;     /* further members as one JSON object, or empty */
} mlmon_action;

/* What an observer would have decided if nothing held it back. Counted always, shown with --explain. */
typedef struct mlmon_suppression {
  uint32_t size;
  uint32_t row;
  mlmon_model model;
  uint32_t has_until; /* 1: until_ns is told */
  mlmon_str of;       /* the action's type */
  mlmon_str rule;
  mlmon_str why; /* "cooldown", "job_open", ... */
  int64_t until_ns;
  mlmon_str fields; /* as in mlmon_action; ask `explaining` before building it */
} mlmon_suppression;

/* Services of the host. The table and the host pointer are valid from create() until destroy()
 * returns. No service calls back into the plugin. */
typedef struct mlmon_observer_services {
  uint32_t size;
  uint32_t abi_minor; /* of the host */

  /* [any] One line for mlmon's log, on stderr. */
  void (*log)(mlmon_observer_host *, int32_t level, mlmon_str text);

  /* [instance] The text behind the error code that is about to be returned. Copied. */
  void (*set_error)(mlmon_observer_host *, mlmon_str text);

  /* [any] Non-zero once the process is shutting down. */
  int32_t (*cancelled)(mlmon_observer_host *);

  /* [any] MLMON_OK, or MLMON_E_NOT_FOUND for a handle that never stood in a batch. */
  int32_t (*model_info)(mlmon_observer_host *, mlmon_model, mlmon_model_info *inout);

  /* [instance] Only during on_batch. Copied. MLMON_OK, or MLMON_ENDED: this very request was made before
   * and what it asked for has ended, so that nothing is open because of it. MLMON_E_INVALID: a row outside the batch, a type or rule
   * that is empty, fields that are no JSON object; the text is kept as the instance's error. */
  int32_t (*act)(mlmon_observer_host *, const mlmon_action *);

  /* [instance] As act. */
  int32_t (*suppress)(mlmon_observer_host *, const mlmon_suppression *);

  /* [any] Non-zero when suppressions are shown, so that their `fields` are worth building. */
  int32_t (*explaining)(mlmon_observer_host *);

  /* [instance] What the observer keeps of a model (0: of none) under a key, over restarts. A change is
   * durable together with the events that it belongs to, or not at all: those of an on_batch that fails
   * are undone. get: MLMON_OK or MLMON_E_NOT_FOUND; the value is valid until the next state_ call. */
  int32_t (*state_get)(mlmon_observer_host *, mlmon_model, mlmon_str key, mlmon_str *value);
  int32_t (*state_put)(mlmon_observer_host *, mlmon_model, mlmon_str key, mlmon_str value);
  int32_t (*state_delete)(mlmon_observer_host *, mlmon_model, mlmon_str key);

  /* [instance] The id of the action that act() took last; valid until the next act(). */
  int32_t (*last_action_id)(mlmon_observer_host *, mlmon_str *id);
} mlmon_observer_services;

/* What a plugin implements. */
typedef struct mlmon_observer_role {
  uint32_t size;
  uint32_t reserved; /* 0 */

  /* [instance] `config` is a JSON object, valid against the class's schema, defaults filled in.
   * On success *out is the instance; on failure it stays NULL. */
  int32_t (*create)(mlmon_observer_host *, const mlmon_observer_services *, mlmon_str config,
                    mlmon_observer **out);

  /* [instance] Decide. A negative result stops this observer; the others go on. */
  int32_t (*on_batch)(mlmon_observer *, const mlmon_batch *);

  /* [instance] The input has ended. May be NULL. */
  int32_t (*finish)(mlmon_observer *);

  /* [instance] Frees the instance; threads of its own are joined when it returns. */
  void (*destroy)(mlmon_observer *);
} mlmon_observer_role;

#ifdef __cplusplus
}
#endif
#endif
