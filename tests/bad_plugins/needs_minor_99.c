#include "base.h"

BASE_CLASS("test.needs_minor_99", NULL)
static const mlmon_plugin plugin = {sizeof(mlmon_plugin), MLMON_ABI_MAJOR, 99, 99, 0, 1, classes};
BASE_ENTRY(&plugin)
