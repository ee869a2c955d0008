/* mlmon/observer.h - the role that decides.
 *
 * An observer sees every event it subscribed to, in order, and says what should happen. It does no
 * I/O, reads no clock but event time and rolls no dice, so that the same events give the same actions
 * on any machine and in any split of the input.
 *
 *   create -> migrate? -> { on_batch | on_tick }* -> finish -> destroy      all [instance]
 *   create -> migrate? -> explain* -> destroy                               for `mlmon why`
 *
 * If create fails, nothing else is called; if migrate fails, only destroy. If on_batch or on_tick fails, finish is
 * left out. A service that is [instance] answers MLMON_E_INVALID on any other thread, and one that is
 * [create] once create has returned; either stops the observer, so that nothing is lost in silence.
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

/* 1.1: a JSON member that is wanted as a column. */
typedef struct mlmon_projection {
  uint32_t size;
  uint32_t type;        /* MLMON_COLUMN_* */
  mlmon_str pointer;    /* RFC 6901, into the event: of a CloudEvents envelope into its `data` */
  mlmon_str event_type; /* only in events of this type, which costs the others nothing; empty: in all */
} mlmon_projection;

/* 1.1: an event that is made of others, for the observers configured after this one that subscribed
 * to its type. They see it right behind the event that caused it, and after a restart again where
 * that event is read again. It carries the time and the labels of that event and an `id` that the
 * host makes of all of this. It is none of the input: no receipt counts it, no clock follows it. */
typedef struct mlmon_derived {
  uint32_t size;
  uint32_t row;      /* row of the current batch that caused it; 0 during on_tick */
  mlmon_model model; /* the model that it is about */
  uint32_t reserved; /* 0 */
  mlmon_str type;    /* one of mlmon_class.emits */
  mlmon_str fields;  /* further members as one JSON object, or empty; not type, model, at, id, labels */
} mlmon_derived;

/* 1.1: event time has moved on. Event time is the newest time of the events that this observer has
 * seen, of all models together; `job` and derived events do not move it, and it never goes back.
 *
 * A tick is due at the multiples of the period, counted from 1970. Before an event that takes event
 * time to or past one or more of them, on_tick is called once, with the last of these; the events
 * before that one have been seen then, and it has not. So ticks are the same in any split of the
 * input, and one that has been does not come again after a restart. The first event of all moves
 * nothing.
 *
 * What is decided at a tick has no event: its row is 0, its `event_time` is the tick's, its place is
 * that of the event that moved the time, and its id is made of observer, type, rule, transition, model
 * and the tick's time. Decisions of one tick are put in the order of their models (by name, version,
 * deployed_at), so that they need not be made in that order. */
typedef struct mlmon_tick {
  uint32_t size;
  uint32_t reserved; /* 0 */
  int64_t time_ns;   /* a multiple of the period, since 1970 */
} mlmon_tick;

#define MLMON_EVERY_MODEL UINT32_MAX /* 1.1, in state_scan */

/* 1.1: something that is kept. */
typedef struct mlmon_state_item {
  uint32_t size;     /* set by the caller */
  mlmon_model model; /* 0: of none */
  mlmon_str key, value;
} mlmon_state_item;

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

  /* [instance] Only during on_batch and on_tick. Copied. MLMON_OK, or MLMON_ENDED: this very request was
   * made before and what it asked for has ended, so that nothing is open because of it. MLMON_E_INVALID: a
   * row outside the batch, a type or rule that is empty, fields that are no JSON object; the text is kept
   * as the instance's error. */
  int32_t (*act)(mlmon_observer_host *, const mlmon_action *);

  /* [instance] As act. */
  int32_t (*suppress)(mlmon_observer_host *, const mlmon_suppression *);

  /* [any] Non-zero when suppressions are shown, so that their `fields` are worth building. */
  int32_t (*explaining)(mlmon_observer_host *);

  /* [instance] What the observer keeps of a model (0: of none) under a key, over restarts. A change is
   * durable together with the events that it belongs to, or not at all: those of an on_batch that fails
   * are undone. get: MLMON_OK or MLMON_E_NOT_FOUND; the value is valid until the next state_ call. put and
   * delete: only during on_batch, on_tick and migrate; keys that begin with "mlmon:" are the host's. */
  int32_t (*state_get)(mlmon_observer_host *, mlmon_model, mlmon_str key, mlmon_str *value);
  int32_t (*state_put)(mlmon_observer_host *, mlmon_model, mlmon_str key, mlmon_str value);
  int32_t (*state_delete)(mlmon_observer_host *, mlmon_model, mlmon_str key);

  /* [instance] The id of the action that act() took last; valid until the next act(). */
  int32_t (*last_action_id)(mlmon_observer_host *, mlmon_str *id);

  /* 1.1, all of what follows: MLMON_HAS(mlmon_observer_services, services, project). */

  /* [create] Asks for a column; *column is its number in mlmon_batch.columns. The same projection asked
   * twice is one column. MLMON_E_INVALID: no JSON pointer, no such type. */
  int32_t (*project)(mlmon_observer_host *, const mlmon_projection *, uint32_t *column);

  /* [create] Sees events of this type too, beside those of mlmon_class.subscribes; *kind is what they
   * have in mlmon_batch.kind, and may be NULL. For types that the configuration names. */
  int32_t (*subscribe)(mlmon_observer_host *, mlmon_str type, uint32_t *kind);

  /* [any] The type of a kind, valid until destroy; MLMON_E_NOT_FOUND. */
  int32_t (*kind_name)(mlmon_observer_host *, uint32_t kind, mlmon_str *type);

  /* [instance] Only during on_batch and on_tick. Copied. MLMON_E_INVALID: a row outside the batch, a type
   * that the class does not declare, fields that are no JSON object or hold what is the host's. */
  int32_t (*emit)(mlmon_observer_host *, const mlmon_derived *);

  /* [create] A number that only grows, shown in the receipt under this name ([a-z_][a-z0-9_]*, at most
   * 64 bytes; at most 64 of them); `help` says in one line what it counts. The same name twice is one
   * counter. It starts at 0 in every run. */
  int32_t (*counter)(mlmon_observer_host *, mlmon_str name, mlmon_str help, uint32_t *counter);

  /* [any] Adds to a counter. MLMON_E_NOT_FOUND. */
  int32_t (*count)(mlmon_observer_host *, uint32_t counter, uint64_t more);

  /* [create] Asks for ticks of event time, so many nanoseconds apart; 0: none. MLMON_E_INVALID: a
   * negative period, or a role without on_tick. */
  int32_t (*tick_every)(mlmon_observer_host *, int64_t period_ns);

  /* [instance] A walk over what is kept of a model (0: of none), or with MLMON_EVERY_MODEL of all, in the
   * order of name, version, deployed_at and key: state_scan begins it, state_next gives the next item,
   * MLMON_E_NOT_FOUND behind the last. What is put or deleted meanwhile does no harm; an item that is gone
   * by then is left out, a new one does not appear. Texts are valid until the next state_ call. */
  int32_t (*state_scan)(mlmon_observer_host *, mlmon_model);
  int32_t (*state_next)(mlmon_observer_host *, mlmon_state_item *item);
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

  /* 1.1 [instance] See mlmon_tick. May be NULL. A negative result stops this observer. */
  int32_t (*on_tick)(mlmon_observer *, const mlmon_tick *);

  /* 1.1 [instance] Right after create, where something is kept in the form of an older state_version
   * (0: of a class that told none): reads it with state_scan or state_get and writes what it is now; all of
   * it is durable together, or tried again. A negative result, MLMON_E_UNSUPPORTED say, or no such
   * function: the observer does not start, and what it kept stays as it is. State of a newer version is
   * never given to an older class. May be NULL. */
  int32_t (*migrate)(mlmon_observer *, uint32_t from_version);

  /* 1.2 [instance] How its rules stand for a model, for the person who asks `mlmon why`: one JSON object, as
   * sdk/README.md describes it under "Saying why"; valid until the next call of this instance. Comes after
   * create and migrate, without any event; reads what is kept, and decides and keeps nothing. An empty text: it
   * has nothing to say. May be NULL. */
  int32_t (*explain)(mlmon_observer *, mlmon_model, mlmon_str *json);
} mlmon_observer_role;

#ifdef __cplusplus
}
#endif
#endif
