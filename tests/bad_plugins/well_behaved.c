/* Nothing is wrong with it; "number": milliseconds that each batch takes. */
#define _POSIX_C_SOURCE 199309L /* nanosleep */
#include <time.h>

#include "base.h"

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const struct timespec pause = {self->number / 1000, self->number % 1000 * 1000000};
  if (self->number > 0) nanosleep(&pause, NULL);
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.well_behaved", "1.0.0", "alerts at f1 below 0.5",
                      "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
                      "\"number\":{\"type\":\"integer\",\"minimum\":0,\"default\":0}}}",
                      &role)
