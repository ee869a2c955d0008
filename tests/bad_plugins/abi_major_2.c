/* The symbol says 1, the descriptor 2. */
#include "base.h"

BASE_CLASS("test.abi_major_2", NULL)
static const mlmon_plugin plugin = {sizeof(mlmon_plugin), 2, 0, 0, 0, 1, classes};
BASE_ENTRY(&plugin)
