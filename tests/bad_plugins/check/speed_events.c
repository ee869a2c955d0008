/* Takes its time: 20 us an event, by the clock and not by a count that one processor does faster. */
#define _POSIX_C_SOURCE 199309L
#include <time.h>

#include "../base.h"

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const int64_t end_ns = now_ns() + 20000 * (int64_t)batch->count;
  while (now_ns() < end_ns) continue;
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.speed_events", "1.0.0", "one line", BASE_SCHEMA, &role)
