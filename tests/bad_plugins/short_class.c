#include "base.h"

static const mlmon_class the_class = {16,   0,   "test.short_class", "1.0.0", "one line", NULL,
                                      NULL, NULL, NULL, NULL};
static const mlmon_class* const classes[] = {&the_class};
static const mlmon_plugin plugin = {
    sizeof(mlmon_plugin), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, 0, 0, 1, classes};
BASE_ENTRY(&plugin)
