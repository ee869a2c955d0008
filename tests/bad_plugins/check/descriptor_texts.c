/* No summary. */
#include "../base.h"

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.descriptor_texts", "1.0.0", "", BASE_SCHEMA, &role)
