#include "base.h"

BASE_CLASS(NULL, NULL)
static const mlmon_plugin plugin = {
    sizeof(mlmon_plugin), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, 0, 0, 1, classes};
BASE_ENTRY(&plugin)
