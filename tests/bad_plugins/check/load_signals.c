/* Ignores SIGINT. */
#include <signal.h>

#include "../base.h"

__attribute__((constructor)) static void loaded(void) { signal(SIGINT, SIG_IGN); }

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_signals", "1.0.0", "one line", BASE_SCHEMA, &role)
