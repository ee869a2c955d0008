/* A constructor that gives up. */

#include "../base.h"

__attribute__((constructor)) static void loaded(void) { abort(); }

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_library", "1.0.0", "one line", BASE_SCHEMA, &role)
