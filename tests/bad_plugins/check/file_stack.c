/* Linked with -z execstack. */
#include "../base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.file_stack", "1.0.0", "one line", BASE_SCHEMA, &role)
