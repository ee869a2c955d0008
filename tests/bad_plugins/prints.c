/* Prints to stdout wherever it can. */
#include <stdio.h>

#include "base.h"

static void print(const char* where) {
  printf("stray text from %s\n", where);
  fflush(stdout);
}

__attribute__((constructor)) static void loaded(void) { print("a constructor"); }

static int32_t create(mlmon_observer_host* host, const mlmon_observer_services* services,
                      mlmon_str config, mlmon_observer** out) {
  print("create");
  return base_create(host, services, config, out);
}

static int32_t on_batch(mlmon_observer* self, const mlmon_batch* batch) {
  print("on_batch");
  return base_on_batch(self, batch);
}

static int32_t finish(mlmon_observer* self) {
  print("finish");
  return base_finish(self);
}

BASE_ROLE(create, on_batch, finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.prints", "1.0.0", "one line", BASE_SCHEMA, &role)
