/* Rounds upwards, for everybody. */
#include <fenv.h>

#include "../base.h"

__attribute__((constructor)) static void loaded(void) { fesetround(FE_UPWARD); }

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_floating_point", "1.0.0", "one line", BASE_SCHEMA, &role)
