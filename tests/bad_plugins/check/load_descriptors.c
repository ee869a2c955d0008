/* Opens a file and keeps it. */
#include <fcntl.h>

#include "../base.h"

__attribute__((constructor)) static void loaded(void) {
  if (open("/dev/zero", O_RDONLY) < 0) abort();
}

BASE_ROLE(base_create, base_on_batch, base_finish, base_destroy)
MLMON_OBSERVER_PLUGIN("test.load_descriptors", "1.0.0", "one line", BASE_SCHEMA, &role)
