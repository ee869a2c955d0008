/* on_batch() fails at the event "number" (from 1), with a text if "how" is "text"; finish() if it
 * is 0. */
#include "base.h"

static int32_t failed(mlmon_observer* self, const char* text) {
  if (strcmp(self->how, "text") == 0) base_set_error(self, text);
  return MLMON_E_FAILED;
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  const uint64_t at = (uint64_t)self->number;
  const int32_t result = base_on_batch(self, batch);
  return self->seen >= at && at > 0 ? failed(self, "event of doom") : result;
}

static int32_t finish(mlmon_observer* self) {
  return self->number == 0 ? failed(self, "nothing to finish") : MLMON_OK;
}

BASE_ROLE(base_create, on_batch, finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.fails_at", "1.0.0", "one line",
                      "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
                      "\"number\":{\"type\":\"integer\",\"minimum\":0,\"default\":1},"
                      "\"how\":{\"enum\":[\"text\",\"silent\"],\"default\":\"text\"}}}",
                      &role)
