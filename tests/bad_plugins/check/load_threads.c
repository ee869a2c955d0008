/* Starts a thread when it is loaded. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <unistd.h>

#include "../base.h"

static void* wait(void* nothing) {
  for (;;) pause();
  return nothing;
}

__attribute__((constructor)) static void loaded(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, wait, NULL) != 0) abort();
}

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_threads", "1.0.0", "one line", BASE_SCHEMA, &role)
