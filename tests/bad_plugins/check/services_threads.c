/* Decides on a thread of its own. */
#include <pthread.h>

#include "../base.h"

typedef struct job {
  mlmon_observer* self;
  const mlmon_batch* batch;
} job;

static void* work(void* pointer) {
  const job* todo = (const job*)pointer;
  base_on_batch(todo->self, todo->batch);
  return NULL;
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  job todo = {self, batch};
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, &todo) != 0) abort();
  pthread_join(thread, NULL);
  return MLMON_OK;
}

BASE_ROLE(base_create, on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.services_threads", "1.0.0", "one line", BASE_SCHEMA, &role)
