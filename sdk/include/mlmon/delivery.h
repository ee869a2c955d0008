/* mlmon/delivery.h - the role that acts in the outside world.
 *
 * A class with this role says which endpoints (targets, receivers) its configuration names, which of
 * them get an action, and does the delivery. The host keeps the outbox: it retries with back-off,
 * counts, reports, and remembers over restarts what is done. A delivery may come again after a crash,
 * always with the same id and the same text: use the id as idempotency key.
 *
 * router:    router_create -> { endpoints | route | describe }* -> router_destroy
 *            pure functions of configuration and action: no I/O, no clock       [instance]
 * endpoint:  create -> { deliver | poll }* -> destroy, on a thread of the endpoint's own   [instance]
 *
 * A router, an endpoint and the observer of the same class share no memory.
 */
#ifndef MLMON_DELIVERY_H
#define MLMON_DELIVERY_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mlmon_delivery_host mlmon_delivery_host; /* the host's side of a router or endpoint */
typedef struct mlmon_router mlmon_router;
typedef struct mlmon_delivery mlmon_delivery;

#define MLMON_ENDPOINT_QUEUE 0x1u  /* the embedded model registry: the host delivers it itself */
#define MLMON_ENDPOINT_GROUPS 0x2u /* 1.2: tells the actions of one deliver() in one message */
#define MLMON_ENDPOINT_BEGAN 0x4u  /* 1.2: wants to know the action that each alert began with */

/* One target or receiver and how the host is to treat it. */
typedef struct mlmon_endpoint {
  uint32_t size;
  uint32_t flags;            /* MLMON_ENDPOINT_* */
  mlmon_str name;            /* unique in the instance */
  int64_t timeout_ms;        /* of one try */
  int64_t retry_initial_ms;  /* first back-off; doubles, with full jitter */
  int64_t retry_max_ms;      /* its limit */
  int64_t retry_give_up_ms;  /* a dead letter after so long */
  /* 1.1 */
  int64_t rate_limit;        /* at most so many actions are handed over ... */
  int64_t rate_period_ms;    /* ... in any span of this length; 0: as many as there are */
  /* 1.2 */
  int64_t poll_ms;           /* `poll` is asked so often what became of a retraining; 0: never */
  mlmon_str group_by;        /* members of the action, one a line: "rule", "labels.team". Actions alike in
                              * all of them are one group; "*": all actions are one; empty: each is alone */
  int64_t group_wait_ms;     /* how long an action waits for more of its group */
  int64_t most_at_once;      /* actions in one deliver(); 0: as many as the host likes */
  int64_t renew_ms;          /* alerts that still fire are handed over again by each run and after so
                              * long; 0: they are not */
  mlmon_str fallback;        /* the endpoint that gets what this one failed for good; empty: none */
} mlmon_endpoint;

/* An action that is to be routed or delivered. */
typedef struct mlmon_delivery_item {
  uint32_t size;
  uint32_t attempt; /* from 1 */
  mlmon_str id;     /* the action's id: the idempotency key */
  mlmon_str json;   /* the action as one line of JSON, no newline */
  /* 1.2 */
  mlmon_str began;  /* MLMON_ENDPOINT_BEGAN: the action that the alert began to fire with, as JSON; empty
                     * where it is this one, or not known */
} mlmon_delivery_item;

#define MLMON_DELIVERED 1u
#define MLMON_RETRY 2u /* try again later */
#define MLMON_DEAD 3u  /* never will be: a dead letter */

typedef struct mlmon_delivery_result {
  uint32_t size;
  uint32_t status;        /* MLMON_DELIVERED, MLMON_RETRY, MLMON_DEAD */
  int64_t retry_after_ms; /* MLMON_RETRY: what the receiver asked for; -1: nothing */
  mlmon_str text;         /* why not, for people; valid until the next call of this endpoint.
                           * MLMON_DELIVERED, 1.2: what the receiver answered, or nothing */
} mlmon_delivery_result;

/* 1.2: how far the job is that a delivered action started. */
#define MLMON_JOB_OPEN 0u /* not at its end, or nobody can say: `poll` is asked again */
#define MLMON_JOB_DONE 1u
#define MLMON_JOB_FAILED 2u
#define MLMON_JOB_CANCELLED 3u

typedef struct mlmon_job_report {
  uint32_t size;
  uint32_t status; /* MLMON_JOB_* */
  mlmon_str text;  /* of an end: a note for people; else why nobody can say, or empty. Valid until the
                    * next call of this endpoint */
} mlmon_job_report;

typedef struct mlmon_delivery_services {
  uint32_t size;
  uint32_t abi_minor;
  void (*log)(mlmon_delivery_host *, int32_t level, mlmon_str text); /* [any] */
  void (*set_error)(mlmon_delivery_host *, mlmon_str text);          /* [instance] */
  int32_t (*cancelled)(mlmon_delivery_host *);                       /* [any] */

  /* [instance] Only during endpoints(). Copied. */
  int32_t (*add_endpoint)(mlmon_delivery_host *, const mlmon_endpoint *);

  /* [any] Text for the person at the terminal: on stderr, whole, ended with a newline. What deliver() tells is
   * written together with what it is called for right after; if that fails, it is called again. */
  void (*tell)(mlmon_delivery_host *, mlmon_str text);

  /* 1.2 */
  /* [any] The same, at once; MLMON_OK only if stderr has taken all of it. */
  int32_t (*try_tell)(mlmon_delivery_host *, mlmon_str text);
} mlmon_delivery_services;

typedef struct mlmon_delivery_role {
  uint32_t size;
  uint32_t reserved; /* 0 */

  int32_t (*router_create)(mlmon_delivery_host *, const mlmon_delivery_services *, mlmon_str config,
                           mlmon_router **out);

  /* Calls add_endpoint for each, always in the same order. */
  int32_t (*endpoints)(mlmon_router *);

  /* Writes the indices (in the order of endpoints()) of those that get the action, ascending, at most
   * `room` of them, and returns how many there are; negative: failed. */
  int32_t (*route)(mlmon_router *, const mlmon_delivery_item *, uint32_t *indices, uint32_t room);

  void (*router_destroy)(mlmon_router *);

  /* The endpoint with this index. */
  int32_t (*create)(mlmon_delivery_host *, const mlmon_delivery_services *, mlmon_str config,
                    uint32_t endpoint, mlmon_delivery **out);

  /* Delivers n >= 1 actions; fills in results[0..n-1]. A negative return counts as MLMON_RETRY for
   * all of them. Results that it leaves as they came, at the end and behind a first, are of actions that were not
   * tried: behind one that is to be tried again there is no need to (a host older than 1.2 counts them as
   * MLMON_RETRY). With MLMON_ENDPOINT_GROUPS they are one message, the same actions at each try. */
  int32_t (*deliver)(mlmon_delivery *, const mlmon_delivery_item *items, uint32_t n,
                     mlmon_delivery_result *results);

  void (*destroy)(mlmon_delivery *);

  /* 1.2. Either may be NULL.
   *
   * describe: what the endpoint would do for an action, in lines for people and without secrets: a
   * dry run shows it. Valid until the next call of this router.
   *
   * poll: what became of a retraining that this endpoint has delivered. Changes nothing. */
  int32_t (*describe)(mlmon_router *, const mlmon_delivery_item *, uint32_t endpoint, mlmon_str *out);
  int32_t (*poll)(mlmon_delivery *, const mlmon_delivery_item *, mlmon_job_report *report);
} mlmon_delivery_role;

#ifdef __cplusplus
}
#endif
#endif
