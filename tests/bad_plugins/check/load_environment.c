/* Sets a variable of the environment. */
#define _POSIX_C_SOURCE 200809L

#include "../base.h"

__attribute__((constructor)) static void loaded(void) { setenv("BAD_PLUGIN", "was here", 1); }

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_environment", "1.0.0", "one line", BASE_SCHEMA, &role)
