/* mlmon/batch.h - events as an observer sees them: immutable columns.
 *
 * A batch is a run of consecutive events of one source, shared read-only by all observers. Row r of
 * every column belongs to the same event. All memory belongs to the host and is valid until on_batch
 * returns.
 */
#ifndef MLMON_BATCH_H
#define MLMON_BATCH_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of events. Numbers from 16 on belong to the types that third parties subscribe to. */
#define MLMON_KIND_METRICS 1u
#define MLMON_KIND_DRIFT 2u
#define MLMON_KIND_JOB 3u

#define MLMON_BATCH_REPLAY 0x1u /* may hold events that an earlier run had seen already */
#define MLMON_BATCH_GAP 0x2u    /* `dropped` events are missing before this batch */

/* A model is one deployment: name, version, deployed_at. Handles are dense (1, 2, 3 ...), so that an
 * observer can index an array with them; they hold for the life of the process and no longer. */
typedef uint32_t mlmon_model;

typedef struct mlmon_batch {
  uint32_t size;
  uint32_t flags;      /* MLMON_BATCH_* */
  uint64_t first_seq;  /* sequence of row 0; rows count on from it */
  uint64_t dropped;    /* events dropped for this observer just before (overflow = "drop_newest") */
  uint32_t rows;       /* length of every column */
  uint32_t count;      /* events that this observer subscribed to */
  const uint32_t *sel; /* their `count` rows, ascending; NULL: all rows, count == rows */

  const int64_t *time_ns;   /* event time, nanoseconds since 1970-01-01T00:00:00Z */
  const mlmon_model *model; /* never 0 */
  const uint32_t *kind;     /* MLMON_KIND_* */

  /* Figures. NaN: the event does not carry it. */
  const double *accuracy, *precision, *recall, *f1; /* [0, 1] */
  const double *p_value;                            /* [0, 1] */
  const double *magnitude;                          /* >= 0 */
  const int64_t *samples;                           /* predictions behind the figures; -1: not told */

  const uint64_t *line;    /* line in the whole decompressed source, from 1 */
  const uint64_t *offset;  /* byte offset of the line there */
  const uint32_t *raw_off; /* the line's text is raw + raw_off[r], raw_len[r] bytes, no newline */
  const uint32_t *raw_len;
  const char *raw;
} mlmon_batch;

/* The row of the i-th selected event, i < count. */
static inline uint32_t mlmon_row(const mlmon_batch *batch, uint32_t i) {
  return batch->sel ? batch->sel[i] : i;
}

#ifdef __cplusplus
}
#endif
#endif
