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

/* Kinds of events. Numbers from 16 on belong to the types that third parties subscribe to (see
 * `subscribe` and `kind_name` in <mlmon/observer.h>); like models they hold for the life of the
 * process. */
#define MLMON_KIND_METRICS 1u
#define MLMON_KIND_DRIFT 2u
#define MLMON_KIND_JOB 3u

#define MLMON_BATCH_REPLAY 0x1u /* may hold events that an earlier run had seen already */
#define MLMON_BATCH_GAP 0x2u    /* `dropped` events are missing before this batch */
#define MLMON_BATCH_DERIVED 0x4u /* 1.1: of other observers: what they emitted for one event, whose
                                    sequence first_seq is and whose line and offset each row has */

/* A model is one deployment: name, version, deployed_at. Handles are dense (1, 2, 3 ...), so that an
 * observer can index an array with them; they hold for the life of the process and no longer. */
typedef uint32_t mlmon_model;

/* 1.1: what a column of a projected field holds. A member that is missing or of another type is
 * absent; so is a number beyond the doubles, or an integer beyond 64 bits or with a fraction or an
 * exponent. Of a member that stands twice the first counts. */
#define MLMON_COLUMN_NUMBER 1u  /* JSON number: `numbers`, absent NaN */
#define MLMON_COLUMN_INTEGER 2u /* JSON number: `integers`, absent MLMON_ABSENT_INTEGER */
#define MLMON_COLUMN_BOOLEAN 3u /* `integers`: 0, 1, absent MLMON_ABSENT_INTEGER */
#define MLMON_COLUMN_TEXT 4u    /* JSON string, unescaped: `text...`, absent MLMON_ABSENT_TEXT */
#define MLMON_COLUMN_JSON 5u    /* any value as it stands in the line, null too: likewise */

#define MLMON_ABSENT_INTEGER INT64_MIN
#define MLMON_ABSENT_TEXT UINT32_MAX /* in text_off; text_len is 0 then */

/* 1.1: the values of one projected field; the members that its type does not name are NULL. */
typedef struct mlmon_column {
  uint32_t size;
  uint32_t type; /* MLMON_COLUMN_* */
  const double *numbers;
  const int64_t *integers;
  const uint32_t *text_off; /* the text of row r is text + text_off[r], text_len[r] bytes */
  const uint32_t *text_len;
  const char *text;
} mlmon_column;

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

  /* 1.1: the fields that this observer asked for with `project`, by the numbers that it got. */
  uint32_t n_columns;
  uint32_t reserved; /* 0 */
  const mlmon_column *const *columns;
} mlmon_batch;

/* The row of the i-th selected event, i < count. */
static inline uint32_t mlmon_row(const mlmon_batch *batch, uint32_t i) {
  return batch->sel ? batch->sel[i] : i;
}

#ifdef __cplusplus
}
#endif
#endif
