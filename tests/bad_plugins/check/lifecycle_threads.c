/* A thread that nobody joins. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <unistd.h>

#include "../base.h"

static void* wait(void* nothing) {
  for (;;) pause();
  return nothing;
}

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  pthread_t thread;
  *out = base_new(host, services, config);
  if (pthread_create(&thread, NULL, wait, NULL) != 0) abort();
  pthread_detach(thread);
  return MLMON_OK;
}

BASE_ROLE(create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.lifecycle_threads", "1.0.0", "one line", BASE_SCHEMA, &role)
