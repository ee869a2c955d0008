/* Exports a helper, as without a version script. */
#include "../base.h"

MLMON_EXPORT int helper(void);
int helper(void) { return 1; }

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.file_exports", "1.0.0", "one line", BASE_SCHEMA, &role)
