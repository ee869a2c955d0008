/* A thread-local in the static TLS block. */
#include "../base.h"

static __thread int calls __attribute__((tls_model("initial-exec")));

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  ++calls;
  return base_on_batch(self, batch);
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.file_static_tls", "1.0.0", "one line", BASE_SCHEMA, &role)
