#include "base.h"

static const mlmon_plugin plugin = {
    sizeof(mlmon_plugin), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, 0, 0, 0, NULL};
BASE_ENTRY(&plugin)
