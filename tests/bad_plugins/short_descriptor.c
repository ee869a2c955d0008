#include "base.h"

BASE_CLASS("test.short_descriptor", NULL)
static const mlmon_plugin plugin = {8, MLMON_ABI_MAJOR, MLMON_ABI_MINOR, 0, 0, 1, classes};
BASE_ENTRY(&plugin)
